/**
 * Input side of one session in its render thread: puts chunks in order on the timeline, fills gaps with silence,
 * and feeds the voice activity and the pack's audio stream. Counts in frames and chunks of the job's own numbering;
 * the stream's frame 0 is `streamBase`.
 */
import { VoiceActivity } from '../features/voice-activity.ts';
import type { AudioStream, ModelPack } from '../pipeline/model-pack.ts';
import { CHUNK_MS, SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import { count, Counter, type SessionCounters } from './session-counters.ts';

/** A hole in the input larger than this (2 s) begins the timeline anew instead of being filled with silence. */
const MAX_GAP_CHUNKS = 100;

/** Input of one session. One thread owns it; calls never overlap a pending `stream.cue`. */
export class SessionTimeline {
  readonly #silenceDbfs: number;
  readonly #counters: SessionCounters;
  readonly #samples = new Float32Array(SAMPLES_PER_CHUNK);
  #pack: ModelPack;
  #stream: AudioStream;
  #activity: VoiceActivity;
  #lookAheadChunks: number;
  #originChunk = -1;
  #receivedChunks = 0;
  #streamBase = 0;

  constructor(pack: ModelPack, silenceDbfs: number, counters: SessionCounters) {
    this.#silenceDbfs = silenceDbfs;
    this.#counters = counters;
    this.#pack = pack;
    this.#stream = pack.openStream();
    this.#activity = new VoiceActivity({ silenceDbfs });
    this.#lookAheadChunks = lookAheadChunksOf(pack);
  }

  /** The pack's audio state; its frame 0 is frame `streamBase`. */
  get stream(): AudioStream {
    return this.#stream;
  }

  get streamBase(): number {
    return this.#streamBase;
  }

  /** First frame of the timeline, −1 before the first chunk. */
  get firstFrame(): number {
    return this.#originChunk < 0 ? -1 : this.#originChunk / 2;
  }

  /** Frames whose own audio has been received completely: frames below this. */
  get receivedFrames(): number {
    return this.#receivedChunks >> 1;
  }

  /**
   * Take one chunk (−1…1 after scaling; `pcm` undefined = silence).
   * Returns true when a new timeline begins with it (first chunk, or after a hole of more than 2 s).
   */
  take(chunkIndex: number, pcm: Int16Array | undefined): boolean {
    const isFirst = this.#originChunk < 0;
    const gap = chunkIndex - this.#receivedChunks;
    if (isFirst || gap > MAX_GAP_CHUNKS) {
      // A timeline begins with a whole frame: an odd first chunk has lost its partner.
      if (chunkIndex % 2 === 1) return false;
      this.#begin(chunkIndex, isFirst);
      this.#push(pcm);
      return true;
    }
    if (gap < 0) {
      count(this.#counters, Counter.staleChunks);
      return false;
    }
    for (let i = 0; i < gap; i += 1) this.#push(undefined);
    if (gap > 0) count(this.#counters, Counter.gapChunks, gap);
    this.#push(pcm);
    return false;
  }

  /** Whether the pack can compute the cue of a frame now. */
  isReady(frameIndex: number): boolean {
    return this.#stream.isReady(frameIndex - this.#streamBase);
  }

  /** Whether a frame is speech, seen with the pack's look-ahead. */
  isSpeech(frameIndex: number): boolean {
    return this.#activity.isSpeech(frameIndex - this.#originChunk / 2, this.#lookAheadChunks);
  }

  /** All audio taken so far counts as silence. */
  clear(): void {
    this.#activity.clear();
    this.#stream.clearBuffer();
  }

  /** Use another pack from the next whole frame on; nothing changes when it is the same. Returns whether it changed. */
  usePack(pack: ModelPack): boolean {
    if (pack === this.#pack) return false;
    this.#pack = pack;
    this.#lookAheadChunks = lookAheadChunksOf(pack);
    this.#stream = pack.openStream();
    this.#streamBase = (this.#receivedChunks + 1) >> 1;
    return true;
  }

  #begin(chunkIndex: number, isFirst: boolean): void {
    this.#originChunk = chunkIndex;
    this.#receivedChunks = chunkIndex;
    this.#streamBase = chunkIndex / 2;
    if (isFirst) return;
    this.#stream = this.#pack.openStream();
    this.#activity = new VoiceActivity({ silenceDbfs: this.#silenceDbfs });
  }

  #push(pcm: Int16Array | undefined): void {
    const samples = this.#samples;
    if (pcm === undefined) samples.fill(0);
    else for (let i = 0; i < SAMPLES_PER_CHUNK; i += 1) samples[i] = pcm[i]! / 32768; // length checked at the socket
    this.#activity.push(samples);
    // After a change of pack in the middle of a frame the new stream begins with the next whole frame.
    if (this.#receivedChunks >= 2 * this.#streamBase) this.#stream.push(samples);
    this.#receivedChunks += 1;
  }
}

const lookAheadChunksOf = (pack: ModelPack): number => Math.ceil(pack.facts.lookAheadMs / CHUNK_MS);
