/** Time of every network of a musetalk-v15 pack, and of the arithmetic around them, one at a time on a quiet machine. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StreamingLogMel } from '../agent/src/features/log-mel.ts';
import { WHISPER_ENERGY_FLOOR } from '../agent/src/features/whisper-log-mel.ts';
import {
  InferenceModel,
  type ExecutionProvider,
  type TensorInfo,
  type TypedTensor,
} from '../agent/src/models/inference-session.ts';
import type { MouthJob } from '../agent/src/packs/musetalk/mouth-network.ts';
import { FACE_SIZE, PatchMaker, placeOf } from '../agent/src/packs/musetalk/mouth-patch.ts';
import { inputFramesOf } from '../agent/src/packs/musetalk/musetalk-audio-stream.ts';
import type {
  MusetalkGraphs,
  PaintingGraphs,
} from '../agent/src/packs/musetalk/musetalk-graphs.ts';
import { quantile } from '../e2e/harness/analyse.ts';

/** One measured thing. */
export type StageTime = {
  stage: string;
  batch: number;
  runs: number;
  p50Ms: number;
  p95Ms: number;
};

/** Runs of one stage: at least this many after the first, and no longer than the time given. */
const LEAST_RUNS = 3;
const MOST_RUNS = 200;
/** One run as long as this says enough: the published networks on a CPU. */
const LONG_MS = 5000;

/** Time `run` after one warm run, for about `seconds`. */
export async function timeStage(
  stage: string,
  batch: number,
  seconds: number,
  run: () => unknown,
): Promise<StageTime> {
  await run();
  const times: number[] = [];
  const endMs = performance.now() + seconds * 1000;
  const isEnough = (): boolean =>
    times.length >= MOST_RUNS ||
    (times[0] ?? 0) > LONG_MS ||
    (times.length >= LEAST_RUNS && performance.now() >= endMs);
  while (!isEnough()) {
    const startedMs = performance.now();
    await run();
    times.push(performance.now() - startedMs);
  }
  const [p50Ms, p95Ms] = [quantile(times, 0.5), quantile(times, 0.95)];
  return { stage, batch, runs: times.length, p50Ms, p95Ms };
}

/** The painting network and the sound encoder at each batch size. */
export async function batchTimes(
  { mouth, sound }: PaintingGraphs,
  { streaming }: MusetalkGraphs,
  job: MouthJob,
  batches: readonly number[],
  seconds: number,
): Promise<StageTime[]> {
  const times: StageTime[] = [];
  for (const batch of batches) {
    const jobs = Array.from({ length: batch }, () => job);
    times.push(await timeStage('paint', batch, seconds, () => mouth.run(jobs)));
  }
  const frames = sound.fixedFrames ?? inputFramesOf(streaming);
  for (const batch of batches) {
    const mel = new Float32Array(batch * 80 * frames).fill(-1);
    times.push(await timeStage('hear', batch, seconds, () => sound.run(mel, frames, batch)));
  }
  return times;
}

/** Where the time goes: networks apart (where the pack has the parts), and the processor's share, per frame. */
export async function partTimes(
  packDir: string,
  provider: ExecutionProvider,
  seconds: number,
): Promise<StageTime[]> {
  const times: StageTime[] = [];
  const parts = ['unet', 'decoder-vae', 'decoder-taesd', 'vae-encoder', 'face-parsing'];
  for (const part of parts) {
    const path = join(packDir, `${part}.onnx`);
    if (!existsSync(path)) continue;
    const model = await InferenceModel.load(path, { provider, threads: 0 });
    const inputs = Object.fromEntries(model.inputs.map((info) => [info.name, emptyTensor(info)]));
    times.push(await timeStage(part, 1, seconds, () => model.runTyped(inputs)));
    await model.release();
  }
  const mel = new StreamingLogMel(WHISPER_ENERGY_FLOOR);
  const pcm = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i / 9));
  times.push(await timeStage('mel of 40 ms', 1, 1, () => mel.push(pcm, () => undefined)));
  const box = { x0: 120, y0: 120, x1: 380, y1: 420 };
  const square = { x0: 25, y0: 45, x1: 475, y1: 495 };
  const place = placeOf(box, square, new Uint8Array(450 * 450).fill(200));
  const maker = new PatchMaker(place.alpha.length);
  const face = new Uint8Array(FACE_SIZE * FACE_SIZE * 3).fill(90);
  times.push(
    await timeStage('resize to a box of 260 × 300', 1, 1, () => maker.make(face, place, 1)),
  );
  return times;
}

function emptyTensor({ name, type, dims }: TensorInfo): TypedTensor {
  const sizes = dims.map((size) => (typeof size === 'number' ? size : 1));
  const count = sizes.reduce((all, size) => all * size, 1);
  switch (type) {
    case 'float32':
      return { type, data: new Float32Array(count).fill(0.1), dims: sizes };
    case 'float16':
      return { type, data: new Uint16Array(count).fill(0x2e66), dims: sizes };
    case 'uint8':
      return { type, data: new Uint8Array(count).fill(120), dims: sizes };
    default:
      throw new Error(`input ${name} is ${type}`);
  }
}
