/**
 * Streaming side of Whisper's log-mel: keeps the last frames before normalisation and cuts windows out of them. The
 * maximum that sets the floor is taken over the last 30 s of sound, the length of a segment in the reference, so that
 * it does not jump when a loud moment leaves the (much shorter) window.
 */
import { MEL_BINS, StreamingLogMel } from '../../features/log-mel.ts';
import {
  WHISPER_ENERGY_FLOOR,
  WHISPER_SEGMENT_FRAMES,
  WHISPER_SILENCE,
  whisperScale,
} from '../../features/whisper-log-mel.ts';

/** A segment and 10 s more: windows end some frames before the newest sound. */
const MAXIMA = WHISPER_SEGMENT_FRAMES + 1000;

/** See the head of this file. Allocates nothing after construction. */
export class WhisperMelRing {
  readonly #mel = new StreamingLogMel(WHISPER_ENERGY_FLOOR);
  readonly #capacity: number;
  /** log10 energies; frame n is row n mod capacity. */
  readonly #rows: Float32Array;
  /** Largest value of each of the last frames; frame n at n mod MAXIMA. */
  readonly #largest = new Float32Array(MAXIMA);
  #frameCount = 0;
  #firstHeard = 0;

  /** @param capacity mel frames that can be asked for */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#rows = new Float32Array(capacity * MEL_BINS);
  }

  /** Mel frames computed so far. */
  get frameCount(): number {
    return this.#frameCount;
  }

  push(samples: Float32Array): void {
    this.#mel.push(samples, this.#store);
  }

  /** Everything heard so far reads as silence from now on. */
  clear(): void {
    this.#firstHeard = this.#frameCount;
  }

  /**
   * Write frames [first, end) as MEL_BINS × `width` values, bin after bin; what comes after `end` is digital silence.
   * end ≤ frameCount; frames older than the ring holds are silence too.
   */
  fill(first: number, end: number, width: number, out: Float32Array): void {
    const largest = this.#largestBefore(end);
    const silence = whisperScale(WHISPER_SILENCE, largest);
    for (let column = 0; column < width; column += 1) {
      const frame = first + column;
      const isKnown =
        frame < end && frame >= this.#firstHeard && frame >= this.#frameCount - this.#capacity;
      const row = (frame % this.#capacity) * MEL_BINS;
      for (let bin = 0; bin < MEL_BINS; bin += 1) {
        out[bin * width + column] = isKnown
          ? whisperScale(this.#rows[row + bin]!, largest) // row < capacity · MEL_BINS
          : silence;
      }
    }
  }

  /** Only frames before `end`: what a window holds must not depend on how much newer sound has arrived. */
  #largestBefore(end: number): number {
    let largest: number = WHISPER_SILENCE;
    for (let n = Math.max(this.#firstHeard, end - WHISPER_SEGMENT_FRAMES, 0); n < end; n += 1) {
      largest = Math.max(largest, this.#largest[n % MAXIMA]!); // n mod MAXIMA < length
    }
    return largest;
  }

  readonly #store = (frame: Float32Array): void => {
    this.#rows.set(frame, (this.#frameCount % this.#capacity) * MEL_BINS);
    let largest = -Infinity;
    for (const value of frame) largest = Math.max(largest, value);
    this.#largest[this.#frameCount % MAXIMA] = largest;
    this.#frameCount += 1;
  };
}
