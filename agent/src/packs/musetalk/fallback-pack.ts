/**
 * A pack that paints with one pack and, while that is gone or late, with another: sessions go on speaking, in another
 * style, and return by themselves. Avatars are prepared for both. A cue says which of the two it is for:
 * parameters = [0 or 1, the second pack's parameters, the first pack's parameters].
 */
import {
  parameterCountOf,
  type AudioStream,
  type AvatarAsset,
  type Cue,
  type FaceTrack,
  type FrameStore,
  type ModelPack,
  type PackAvatar,
  type PackAvatarSettings,
  type PackFacts,
  type Patch,
} from '../../pipeline/model-pack.ts';
import { joinData, splitData } from './fallback-data.ts';
import { GpuHealth } from './gpu-health.ts';
import { PatchCopies } from './patch-copies.ts';

/** Value of the first parameter of a cue for the second pack. */
const FOR_SECOND = 1;

/** When the second pack is used. */
export type FallbackOptions = {
  /** Clock of live use, ms. Without one the second pack never steps in: what is rendered must not depend on speed. */
  readonly now: (() => number) | undefined;
};

/** See the head of this file. */
export class FallbackPack implements ModelPack {
  readonly #first: ModelPack;
  readonly #second: ModelPack;
  readonly #now: (() => number) | undefined;
  #health: GpuHealth | undefined;

  constructor(first: ModelPack, second: ModelPack, { now }: FallbackOptions) {
    this.#first = first;
    this.#second = second;
    this.#now = now;
  }

  get facts(): PackFacts {
    const [first, second] = [this.#first.facts, this.#second.facts];
    return {
      ...first,
      version: `${first.version}+${second.name}-${second.version}`,
      lookAheadMs: Math.max(first.lookAheadMs, second.lookAheadMs),
      parameterNames: [],
      parameterCount: 1 + parameterCountOf(second) + parameterCountOf(first),
    };
  }

  async prepare(
    frames: FrameStore,
    track: FaceTrack,
    settings: PackAvatarSettings,
  ): Promise<Uint8Array> {
    return joinData(
      await this.#first.prepare(frames, track, settings),
      await this.#second.prepare(frames, track, settings),
    );
  }

  async openAvatar(asset: AvatarAsset): Promise<PackAvatar> {
    const [firstData, secondData] = splitData(asset.packData);
    const first = await this.#first.openAvatar({ ...asset, packData: firstData });
    const second = await this.#second.openAvatar({ ...asset, packData: secondData });
    // What is slow by nature (a CPU) is what the user chose: only trouble of a real-time machine is evaded.
    if (this.#now && this.#first.facts.notice === undefined)
      this.#health ??= new GpuHealth(this.#now);
    return new FallbackAvatar(first, second, {
      secondCount: parameterCountOf(this.#second.facts),
      copies: new PatchCopies(this.#first.facts.maxBatch ?? 1),
      health: this.#health,
    });
  }

  openStream(): AudioStream {
    return new FallbackStream(this.#first, this.#second, this.#health);
  }

  async close(): Promise<void> {
    await this.#first.close();
    await this.#second.close();
  }
}

class FallbackStream implements AudioStream {
  readonly #first: AudioStream;
  readonly #second: AudioStream;
  readonly #health: GpuHealth | undefined;
  readonly #secondCount: number;
  readonly #cue: Cue;

  constructor(first: ModelPack, second: ModelPack, health: GpuHealth | undefined) {
    this.#first = first.openStream();
    this.#second = second.openStream();
    this.#health = health;
    this.#secondCount = parameterCountOf(second.facts);
    const count = 1 + this.#secondCount + parameterCountOf(first.facts);
    this.#cue = { parameters: new Float32Array(count) };
  }

  push(samples: Float32Array): void {
    this.#first.push(samples);
    this.#second.push(samples);
  }

  isReady(frameIndex: number): boolean {
    return this.#first.isReady(frameIndex) && this.#second.isReady(frameIndex);
  }

  async cue(frameIndex: number): Promise<Cue> {
    const { parameters } = this.#cue;
    if (this.#health?.isUsable !== false) {
      try {
        const { parameters: made } = await this.#first.cue(frameIndex);
        parameters[0] = 0;
        parameters.set(made, 1 + this.#secondCount);
        return this.#cue;
      } catch (error) {
        if (!this.#health) throw error;
        this.#health.noteFailure();
      }
    }
    const { parameters: made } = await this.#second.cue(frameIndex);
    parameters[0] = FOR_SECOND;
    parameters.set(made, 1);
    return this.#cue;
  }

  clearBuffer(): void {
    this.#first.clearBuffer();
    this.#second.clearBuffer();
  }
}

class FallbackAvatar implements PackAvatar {
  readonly #first: PackAvatar;
  readonly #second: PackAvatar;
  readonly #secondCount: number;
  readonly #copies: PatchCopies;
  readonly #health: GpuHealth | undefined;
  #lastSecond: Promise<unknown> = Promise.resolve();

  constructor(
    first: PackAvatar,
    second: PackAvatar,
    parts: { secondCount: number; copies: PatchCopies; health: GpuHealth | undefined },
  ) {
    this.#first = first;
    this.#second = second;
    this.#secondCount = parts.secondCount;
    this.#copies = parts.copies;
    this.#health = parts.health;
  }

  async render(sourceFrame: number, cue: Cue, speechRatio: number): Promise<Patch | null> {
    const secondEnd = 1 + this.#secondCount;
    if (cue.parameters[0] === FOR_SECOND) {
      const parameters = cue.parameters.subarray(1, secondEnd);
      return this.#renderSecond(sourceFrame, { parameters }, speechRatio);
    }
    const startedMs = performance.now();
    try {
      const parameters = cue.parameters.subarray(secondEnd);
      const patch = await this.#first.render(sourceFrame, { parameters }, speechRatio);
      this.#health?.noteFrame(performance.now() - startedMs);
      return patch;
    } catch (error) {
      // This frame shows the source; the next ones have cues for the second pack.
      this.#health?.noteFailure();
      throw error;
    }
  }

  /** Renders of several sessions overlap here, but the second pack has one buffer: one at a time, and copied. */
  #renderSecond(sourceFrame: number, cue: Cue, speechRatio: number): Promise<Patch | null> {
    const rendering = this.#lastSecond.then(async () => {
      const patch = await this.#second.render(sourceFrame, cue, speechRatio);
      return patch && this.#copies.copy(patch);
    });
    this.#lastSecond = rendering.catch(() => undefined); // its caller hears of it
    return rendering;
  }

  async close(): Promise<void> {
    await this.#first.close();
    await this.#second.close();
  }
}
