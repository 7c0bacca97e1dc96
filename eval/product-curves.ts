/**
 * The product's own audio path (packs/lite) over an utterance: mouth parameters and class probabilities every 10 ms.
 *
 * The product gives one cue per 40 ms. To score it on the 10 ms grid of the references, the sound is heard four times, 0, 10,
 * 20 and 30 ms later, and the four rows of cues are interleaved.
 */
import { toPcm16 } from '../agent/src/audio/wav-file.ts';
import { LITE_CUE_STEP, LiteAudioStream } from '../agent/src/packs/lite/lite-audio-stream.ts';
import type { ModelPack } from '../agent/src/pipeline/model-pack.ts';
import { SAMPLES_PER_CHUNK } from '../agent/src/pipeline/timeline.ts';

/** 10 ms steps of the reference curves. */
export const STEP_MS = 10;
export const STEPS_PER_FRAME = 4;
const SAMPLES_PER_STEP = 160;

/** Curves of one utterance. */
export type ProductCurves = {
  readonly steps: number;
  /** steps × parameterCount mouth parameters, 0–1. */
  readonly parameters: Float32Array;
  /** steps × classCount probabilities. */
  readonly posterior: Float32Array;
  /** frameCount × parameterCount: the cues of the product's own frames, one per 40 ms. */
  readonly frames: Float32Array;
};

/** Run a fresh stream of `pack` over `samples` (16 kHz), four times. */
export async function productCurves(
  pack: ModelPack,
  samples: Float32Array,
  classCount: number,
): Promise<ProductCurves> {
  const steps = Math.floor(samples.length / SAMPLES_PER_STEP);
  const parameterCount = pack.facts.parameterNames.length;
  const heard = asHeard(samples);
  const curves = {
    steps,
    parameters: new Float32Array(steps * parameterCount),
    posterior: new Float32Array(steps * classCount),
    frames: new Float32Array(Math.ceil(steps / STEPS_PER_FRAME) * parameterCount),
  };
  for (let phase = 0; phase < STEPS_PER_FRAME; phase += 1) {
    const later = new Float32Array(heard.length + phase * SAMPLES_PER_STEP);
    later.set(heard, phase * SAMPLES_PER_STEP);
    await hear(pack, later, (frame, parameters, posterior) => {
      const step = frame * STEPS_PER_FRAME + LITE_CUE_STEP - phase;
      if (phase === 0 && frame * parameterCount < curves.frames.length) {
        curves.frames.set(parameters, frame * parameterCount);
      }
      if (step < 0 || step >= steps) return;
      curves.parameters.set(parameters, step * parameterCount);
      curves.posterior.set(posterior, step * classCount);
    });
  }
  return curves;
}

/** What reaches the product: 16-bit samples. */
function asHeard(samples: Float32Array): Float32Array {
  return Float32Array.from(toPcm16(samples), (sample) => sample / 32_768);
}

/** Push a sound and the silence after it in chunks; tells each frame that begins within the sound. */
async function hear(
  pack: ModelPack,
  samples: Float32Array,
  onFrame: (frame: number, parameters: Float32Array, posterior: Readonly<Float64Array>) => void,
): Promise<void> {
  const stream = pack.openStream();
  if (!(stream instanceof LiteAudioStream)) {
    throw new TypeError(`pack ${pack.facts.name} has no class probabilities, only lite has`);
  }
  const frameCount = Math.ceil(samples.length / SAMPLES_PER_STEP / STEPS_PER_FRAME);
  const chunk = new Float32Array(SAMPLES_PER_CHUNK);
  for (let at = 0, frame = 0; frame < frameCount; at += SAMPLES_PER_CHUNK) {
    chunk.fill(0);
    chunk.set(samples.subarray(at, at + SAMPLES_PER_CHUNK));
    stream.push(chunk);
    for (; frame < frameCount && stream.isReady(frame); frame += 1) {
      const { parameters } = await stream.cue(frame);
      onFrame(frame, parameters, stream.posterior);
    }
  }
}
