/** The JSON report of an offline render: parameters and timings per frame, and one hash over all pictures. */
import { createHash } from 'node:crypto';
import { FRAME_RATE_FPS, MODEL_SAMPLE_RATE_HZ } from '../pipeline/timeline.ts';
import type { OfflineFrame } from './offline-render.ts';
import type { OpenAvatar } from './render-session.ts';
import { StageTimings, type StageTiming } from './stage-timings.ts';

/** One frame. Timings, ms. */
export type FrameReport = {
  readonly frameIndex: number;
  /** 0 = the avatar's own resting mouth, 1 = driven by the audio. */
  readonly speechRatio: number;
  /** By name; null in frames that rest. */
  readonly parameters: Readonly<Record<string, number>> | null;
  readonly featuresMs: number;
  readonly mouthMs: number;
  readonly compositingMs: number;
  /** Why the frame shows the source although somebody speaks. */
  readonly failure?: string;
};

/** The whole report. */
export type RenderReport = {
  readonly avatar: string;
  readonly model: string;
  readonly packVersion: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly lookAheadMs: number;
  readonly audioMs: number;
  /** sha256 of the I420 bytes of all frames in order: the same input gives the same. */
  readonly sha256: string;
  /** The last 512 speaking frames. */
  readonly stages: Readonly<Record<'features' | 'mouth' | 'compositing', StageTiming>>;
  readonly frames: readonly FrameReport[];
};

/** Collects frames into a report. */
export class ReportBuilder {
  readonly #head: Omit<RenderReport, 'sha256' | 'stages' | 'frames'>;
  readonly #parameterNames: readonly string[];
  readonly #frames: FrameReport[] = [];
  readonly #hash = createHash('sha256');
  readonly #features = new StageTimings();
  readonly #mouth = new StageTimings();
  readonly #compositing = new StageTimings();

  /** `sampleCount`: samples of the audio at 16 kHz. */
  constructor(avatarId: string, model: string, avatar: OpenAvatar, sampleCount: number) {
    const { facts } = avatar.pack;
    this.#parameterNames = facts.parameterNames;
    this.#head = {
      avatar: avatarId,
      model,
      packVersion: facts.version,
      width: avatar.width,
      height: avatar.height,
      fps: FRAME_RATE_FPS,
      lookAheadMs: facts.lookAheadMs,
      audioMs: (sampleCount * 1000) / MODEL_SAMPLE_RATE_HZ,
    };
  }

  /** Add the next frame; nothing of it is kept. */
  add({ planes, header, parameters, failure }: OfflineFrame): void {
    const { frameIndex, speechRatio, featuresMs, mouthMs, compositingMs } = header;
    this.#hash.update(planes);
    if (speechRatio > 0) {
      this.#features.record(featuresMs);
      this.#mouth.record(mouthMs);
      this.#compositing.record(compositingMs);
    }
    this.#frames.push({
      frameIndex,
      speechRatio,
      parameters: parameters === undefined ? null : this.#named(parameters),
      featuresMs,
      mouthMs,
      compositingMs,
      ...(failure !== undefined && { failure: failure.message }),
    });
  }

  /** The report; call once. */
  finish(): RenderReport {
    return {
      ...this.#head,
      sha256: this.#hash.digest('hex'),
      stages: {
        features: this.#features.summary(),
        mouth: this.#mouth.summary(),
        compositing: this.#compositing.summary(),
      },
      frames: this.#frames,
    };
  }

  #named(parameters: Float32Array): Record<string, number> {
    return Object.fromEntries(this.#parameterNames.map((name, i) => [name, parameters[i] ?? 0]));
  }
}
