/**
 * A pack that paints with one pack and, while that is gone or late, with another: sessions go on speaking, in another
 * style, and return by themselves. Where the first one is too slow for even one live session (a CPU), it is closed once
 * that is measured, and the second does everything. Avatars are prepared for both. A cue says which of the two it is for:
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
  /** What the first pack said before it was closed as too slow. */
  #tooSlow: PackFacts | undefined;
  #closing: Promise<void> | undefined;

  constructor(first: ModelPack, second: ModelPack, { now }: FallbackOptions) {
    this.#first = first;
    this.#second = second;
    this.#now = now;
  }

  get facts(): PackFacts {
    const [first, second] = [this.#tooSlow ?? this.#first.facts, this.#second.facts];
    const version = `${first.version}+${second.name}-${second.version}`;
    if (this.#tooSlow) return { ...second, name: first.name, version, notice: noticeOf(first) };
    return {
      ...first,
      version,
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
    const second = await this.#second.openAvatar({ ...asset, packData: secondData });
    if (this.#tooSlow) return second;
    const first = await this.#first.openAvatar({ ...asset, packData: firstData });
    if (this.#now) {
      if (this.#first.facts.isRealTime === false) {
        this.#tooSlow = this.#first.facts;
        await first.close();
        await this.#closeFirst();
        return second;
      }
      this.#health ??= new GpuHealth(this.#now);
    }
    return new FallbackAvatar(first, second, {
      secondCount: parameterCountOf(this.#second.facts),
      copies: new PatchCopies(this.#first.facts.maxBatch ?? 1),
      health: this.#health,
    });
  }

  openStream(): AudioStream {
    if (this.#tooSlow) return this.#second.openStream();
    return new FallbackStream(this.#first, this.#second, this.#health);
  }

  async close(): Promise<void> {
    await this.#closeFirst();
    await this.#second.close();
  }

  #closeFirst(): Promise<void> {
    this.#closing ??= this.#first.close();
    return this.#closing;
  }
}

const noticeOf = ({ name, notice }: PackFacts): string =>
  `${notice ?? `${name} is too slow here`}. Until then live sessions show the quicker model pack; offline rendering (npm run render) is not affected`;

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
