/**
 * Calibration pack of the benchmark: no weights, a cue of one number. While the frame's own 40 ms of audio is loud the
 * face box is white, else black, so that a subscriber can measure when a beep is seen and when it is heard. It states
 * the look-ahead of `lite`, waits for that audio, and goes through gate, compositor and socket like any other pack.
 */
import { AvatarError } from '../../errors.ts';
import type {
  AudioStream,
  AvatarAsset,
  Cue,
  ModelPack,
  PackAvatar,
  PackFacts,
  Patch,
} from '../../pipeline/model-pack.ts';
import {
  MODEL_SAMPLE_RATE_HZ,
  SAMPLES_PER_CHUNK,
  SAMPLES_PER_FRAME,
} from '../../pipeline/timeline.ts';
import { LITE_LOOK_AHEAD_MS } from '../lite/lite-audio-stream.ts';

/** Peak of a frame from which it counts as loud: −20 dBFS. */
const LOUD_PEAK = 0.1;
/** Chunks whose peak is kept: 10 s. */
const RING_CHUNKS = 512;

/** See the head of this file. */
export class ProbePack implements ModelPack {
  readonly facts: PackFacts = {
    name: 'probe',
    version: '1',
    lookAheadMs: LITE_LOOK_AHEAD_MS,
    parameterNames: ['loud'],
  };

  prepare(): Promise<Uint8Array> {
    return Promise.resolve(new Uint8Array(0));
  }

  openAvatar(asset: AvatarAsset): Promise<PackAvatar> {
    return Promise.resolve(new ProbeAvatar(asset));
  }

  openStream(): AudioStream {
    return new ProbeStream();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class ProbeStream implements AudioStream {
  readonly #peaks = new Float32Array(RING_CHUNKS);
  readonly #cue: Cue = { parameters: new Float32Array(1) };
  #pushedChunks = 0;

  push(samples: Float32Array): void {
    let peak = 0;
    for (let i = 0; i < SAMPLES_PER_CHUNK; i += 1) peak = Math.max(peak, Math.abs(samples[i]!));
    this.#peaks[this.#pushedChunks % RING_CHUNKS] = peak;
    this.#pushedChunks += 1;
  }

  isReady(frameIndex: number): boolean {
    const needed =
      (frameIndex + 1) * SAMPLES_PER_FRAME + (LITE_LOOK_AHEAD_MS * MODEL_SAMPLE_RATE_HZ) / 1000;
    return this.#pushedChunks * SAMPLES_PER_CHUNK >= needed;
  }

  cue(frameIndex: number): Promise<Cue> {
    if (!this.isReady(frameIndex)) {
      throw new AvatarError('INFERENCE_FAILED', `probe: frame ${frameIndex} has no audio yet`);
    }
    const first = (2 * frameIndex) % RING_CHUNKS; // even, and RING_CHUNKS is even: the next one is inside
    const peak = Math.max(this.#peaks[first]!, this.#peaks[first + 1]!);
    this.#cue.parameters[0] = peak >= LOUD_PEAK ? 1 : 0;
    return Promise.resolve(this.#cue);
  }

  clearBuffer(): void {
    this.#peaks.fill(0);
  }
}

class ProbeAvatar implements PackAvatar {
  readonly #boxes: Float32Array;
  readonly #widthPx: number;
  readonly #heightPx: number;
  readonly #patch: Patch;

  constructor({ frames, track }: AvatarAsset) {
    this.#boxes = track.boxes;
    this.#widthPx = frames.width;
    this.#heightPx = frames.height;
    const pixels = frames.width * frames.height;
    this.#patch = {
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      rgb: new Uint8Array(pixels * 3),
      alpha: new Uint8Array(pixels).fill(255),
    };
  }

  render(sourceFrame: number, cue: Cue): Promise<Patch | null> {
    const patch = this.#patch;
    const box = sourceFrame * 4;
    const x = this.#boxes[box] ?? 0;
    const y = this.#boxes[box + 1] ?? 0;
    patch.x = even(x, this.#widthPx);
    patch.y = even(y, this.#heightPx);
    patch.width = even(x + (this.#boxes[box + 2] ?? 0), this.#widthPx) - patch.x;
    patch.height = even(y + (this.#boxes[box + 3] ?? 0), this.#heightPx) - patch.y;
    patch.rgb.fill(cue.parameters[0] === 1 ? 255 : 0, 0, patch.width * patch.height * 3);
    return Promise.resolve(patch.width > 0 && patch.height > 0 ? patch : null);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Nearest even number in 0 … limit. */
const even = (value: number, limit: number): number =>
  Math.min(limit, Math.max(0, 2 * Math.round(value / 2)));
