import { InputRing } from './input-ring.ts';

/** What the avatar speaks: the driving participant's microphone, a sample clip, or nothing. */
export type SourceName = 'mic' | 'clip' | 'none';

/** Ring limits in chunks: over 60 ms of backlog it is cut to 40 ms. */
const MAX_BACKLOG_CHUNKS = 3;
const KEEP_BACKLOG_CHUNKS = 2;

/**
 * Picks the audio of each tick: a playing clip replaces the microphone; without either there is silence.
 * All audio is PCM16 mono at the publishing rate.
 */
export class SourceSelector {
  readonly #ring: InputRing;
  readonly #chunkSamples: number;
  #clip: Int16Array | undefined;
  #clipPosition = 0;
  #micLive = false;
  #underruns = 0;

  /** @param chunkSamples samples per tick */
  constructor(chunkSamples: number) {
    this.#chunkSamples = chunkSamples;
    this.#ring = new InputRing({
      chunkSamples,
      maxBacklogSamples: MAX_BACKLOG_CHUNKS * chunkSamples,
      keepBacklogSamples: KEEP_BACKLOG_CHUNKS * chunkSamples,
    });
  }

  /** Ticks without microphone audio while a track was live, since the start. */
  get underruns(): number {
    return this.#underruns;
  }

  /** Microphone chunks dropped because of backlog, since the start. */
  get droppedChunks(): number {
    return this.#ring.droppedChunks;
  }

  /** Microphone audio that waits, samples. */
  get backlogSamples(): number {
    return this.#ring.backlogSamples;
  }

  /** What the next tick will play. */
  get source(): SourceName {
    if (this.#clip) return 'clip';
    return this.#micLive ? 'mic' : 'none';
  }

  /** Whether a microphone track is subscribed and not muted. Audio that waited is forgotten when it ends. */
  setMicLive(live: boolean): void {
    this.#micLive = live;
    if (!live) this.#ring.clear();
  }

  /** Audio from the microphone track; ignored while it is not live. */
  pushMic(samples: Int16Array): void {
    if (this.#micLive) this.#ring.push(samples);
  }

  /** Start a clip from its beginning, replacing the one that plays. */
  playClip(samples: Int16Array): void {
    this.#clip = samples.length > 0 ? samples : undefined;
    this.#clipPosition = 0;
  }

  /** Stop the clip, if one plays. */
  stopClip(): void {
    this.#clip = undefined;
  }

  /** Drop microphone audio that waits (interruption). */
  clearMic(): void {
    this.#ring.clear();
  }

  /** Fill `output` with the audio of this tick and say where it came from. */
  next(output: Int16Array): SourceName {
    if (this.#clip) {
      // The microphone goes on arriving; what it said under the clip must not come out after it.
      this.#ring.clear();
      this.#readClip(output, this.#clip);
      return 'clip';
    }
    if (!this.#micLive) {
      output.fill(0);
      return 'none';
    }
    if (!this.#ring.pull(output)) this.#underruns += 1;
    return 'mic';
  }

  #readClip(output: Int16Array, clip: Int16Array): void {
    const left = clip.length - this.#clipPosition;
    const count = Math.min(this.#chunkSamples, left);
    for (let i = 0; i < count; i++) output[i] = clip[this.#clipPosition + i]!;
    if (count < this.#chunkSamples) output.fill(0, count);
    this.#clipPosition += count;
    if (this.#clipPosition >= clip.length) this.#clip = undefined;
  }
}
