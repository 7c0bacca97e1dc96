/**
 * Decides, per video frame, whether somebody speaks. In: 20 ms chunks at 16 kHz. Out: true or false per 40 ms frame.
 *
 * An energy gate with hysteresis over an adaptive noise floor. A frame counts as speech when any chunk from HANG_OVER
 * before it to `lookAheadChunks` after it is active: the gate opens ahead of the first sound and does not flutter
 * between words. The answer for a frame depends only on the chunks up to its look-ahead, never on how much more has
 * been pushed, so that the same audio gives the same frames however it arrives.
 */
import { SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';

/** Options of VoiceActivity. */
export type VoiceActivityOptions = {
  /** Level under which the input is silent whatever the room, dBFS (service.silence_dbfs). */
  readonly silenceDbfs: number;
};

/** How long a frame stays speech after the last active chunk: 200 ms bridges the gaps between words. */
const HANG_OVER_CHUNKS = 10;
/** Chunks whose decision is kept: 10 s, far more than any backlog that is not dropped. */
const RING_CHUNKS = 512;
/** Loud chunks in a row that open the gate: a click or a key stroke, even across a border of chunks, does not. */
const OPENING_CHUNKS = 3;
/** Distance over the noise floor that opens the gate and that keeps it open, dB. */
const OPEN_OVER_FLOOR_DB = 10;
const KEEP_OVER_FLOOR_DB = 6;
/** Hysteresis over the absolute level, dB. */
const OPEN_OVER_SILENCE_DB = 3;
/** A floor above this is not taken for noise: a long loud tone stays speech. */
const HIGHEST_FLOOR_DBFS = -36;
/** Chunks below this are digital silence (mute, lost packets); they say nothing about the room. */
const DIGITAL_SILENCE_DBFS = -85;
/** The floor is the lowest level of the last 8 × 0.5 s: longer than speech goes without a dip. */
const FLOOR_WINDOWS = 8;
const CHUNKS_PER_FLOOR_WINDOW = 25;
/** Pole of the filter that takes out offset and hum below about 80 Hz at 16 kHz. */
const HIGH_PASS_POLE = 0.969;

/** Energy of the input as speech or silence. One instance per session; state is a few hundred bytes. */
export class VoiceActivity {
  readonly #silenceDbfs: number;
  readonly #active = new Uint8Array(RING_CHUNKS);
  readonly #floors = new Float64Array(FLOOR_WINDOWS).fill(Number.POSITIVE_INFINITY);
  #pushedChunks = 0;
  #heardChunks = 0;
  #isOpen = false;
  #loudChunks = 0;
  #previousIn = 0;
  #previousOut = 0;
  #levelDbfs = Number.NEGATIVE_INFINITY;

  constructor({ silenceDbfs }: VoiceActivityOptions) {
    if (!(silenceDbfs < 0)) throw new RangeError(`silenceDbfs must be < 0, got ${silenceDbfs}`);
    this.#silenceDbfs = silenceDbfs;
  }

  /** Chunks taken so far. */
  get pushedChunks(): number {
    return this.#pushedChunks;
  }

  /** Level of the last chunk, dBFS (RMS; a full-scale sine is −3). */
  get levelDbfs(): number {
    return this.#levelDbfs;
  }

  /** Take the next SAMPLES_PER_CHUNK samples, −1…1. The caller may reuse the array. */
  push(samples: Float32Array): void {
    const level = this.#measure(samples);
    this.#levelDbfs = level;
    const floor = this.#followFloor(level);
    const open = Math.max(this.#silenceDbfs + OPEN_OVER_SILENCE_DB, floor + OPEN_OVER_FLOOR_DB);
    const keep = Math.max(this.#silenceDbfs, floor + KEEP_OVER_FLOOR_DB);
    this.#loudChunks = level > open ? this.#loudChunks + 1 : 0;
    this.#isOpen = this.#isOpen ? level > keep : this.#loudChunks >= OPENING_CHUNKS;
    this.#active[this.#pushedChunks % RING_CHUNKS] = this.#isOpen ? 1 : 0;
    this.#pushedChunks += 1;
  }

  /**
   * Whether frame `frame` (chunks 2·frame and 2·frame + 1, counted from the first push) is speech, seen
   * `lookAheadChunks` beyond its end. Ask when that much has been pushed, and not later than 10 s after.
   */
  isSpeech(frame: number, lookAheadChunks: number): boolean {
    const from = Math.max(0, 2 * frame - HANG_OVER_CHUNKS, this.#pushedChunks - RING_CHUNKS);
    const to = Math.min(this.#pushedChunks - 1, 2 * frame + 1 + lookAheadChunks);
    for (let chunk = from; chunk <= to; chunk += 1) {
      if (this.#active[chunk % RING_CHUNKS] === 1) return true;
    }
    return false;
  }

  /** Everything pushed so far counts as silence (interruption). What is known about the room stays. */
  clear(): void {
    this.#active.fill(0);
    this.#isOpen = false;
    this.#loudChunks = 0;
  }

  #measure(samples: Float32Array): number {
    let energy = 0;
    let previousIn = this.#previousIn;
    let previousOut = this.#previousOut;
    for (let i = 0; i < SAMPLES_PER_CHUNK; i += 1) {
      const sample = samples[i]!; // i < SAMPLES_PER_CHUNK, the length of every chunk
      previousOut = sample - previousIn + HIGH_PASS_POLE * previousOut;
      previousIn = sample;
      energy += previousOut * previousOut;
    }
    this.#previousIn = previousIn;
    // Keep the filter out of denormals, which are slow, while the input is digital silence.
    this.#previousOut = Math.abs(previousOut) < 1e-12 ? 0 : previousOut;
    return 10 * Math.log10(energy / SAMPLES_PER_CHUNK + 1e-12);
  }

  #followFloor(level: number): number {
    if (level > DIGITAL_SILENCE_DBFS) {
      const window = Math.floor(this.#heardChunks / CHUNKS_PER_FLOOR_WINDOW) % FLOOR_WINDOWS;
      const isFirst = this.#heardChunks % CHUNKS_PER_FLOOR_WINDOW === 0;
      if (isFirst || level < this.#floors[window]!) this.#floors[window] = level;
      this.#heardChunks += 1;
    }
    // Until the first four seconds are over the unfilled windows hold the floor down: early speech must pass.
    if (this.#heardChunks < FLOOR_WINDOWS * CHUNKS_PER_FLOOR_WINDOW) return DIGITAL_SILENCE_DBFS;
    let floor = HIGHEST_FLOOR_DBFS;
    for (const value of this.#floors) if (value < floor) floor = value;
    return floor;
  }
}
