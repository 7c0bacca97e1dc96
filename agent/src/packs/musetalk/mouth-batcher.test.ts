import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InferenceModel } from '../../models/inference-session.ts';
import { MouthBatcher } from './mouth-batcher.ts';
import { MouthNetwork, type MouthJob } from './mouth-network.ts';
import { openGolden, TINY_PACK } from './tiny-pack.fixture.ts';

/** The tiny network, which notes how many frames each run was given. */
class WatchedNetwork extends MouthNetwork {
  readonly runs: number[] = [];

  override run(jobs: readonly MouthJob[]): Promise<Uint8Array> {
    this.runs.push(jobs.length);
    return super.run(jobs);
  }
}

let network: WatchedNetwork;
let jobs: MouthJob[];

beforeAll(async () => {
  const path = `${TINY_PACK}/unet-vae.onnx`;
  network = new WatchedNetwork([await InferenceModel.load(path)], [1, 2, 4], path);
  const golden = await openGolden();
  const latents = Float32Array.from((await golden.tensor('latents')).data);
  const windows = Float32Array.from((await golden.tensor('audio-windows')).data);
  const { audioLength } = network;
  jobs = [0, 1, 2, 3].map((i) => ({
    latents,
    audio: windows.subarray(i * audioLength, (i + 1) * audioLength),
  }));
}, 60_000);
afterAll(() => network.release());

describe('batches over sessions', () => {
  it('paint frames asked for at the same time in one run, each as if it were alone', async () => {
    const alone: Uint8Array[] = [];
    for (const job of jobs.slice(0, 3)) alone.push((await network.run([job])).slice(0, 256 * 768));
    network.runs.length = 0;
    const batcher = new MouthBatcher(network);
    const faces = await Promise.all(jobs.slice(0, 3).map((job) => batcher.paint(job)));
    expect(network.runs).toEqual([3]);
    expect(faces.map(({ slot }) => slot)).toEqual([0, 1, 2]);
    faces.forEach(({ bgr }, i) => {
      const most = alone[i]!.reduce(
        (max, value, at) => Math.max(max, Math.abs(value - bgr[at]!)),
        0,
      );
      expect(most).toBeLessThanOrEqual(1);
    });
    expect(Buffer.compare(faces[0]!.bgr, faces[1]!.bgr)).not.toBe(0);
  });

  it('wait for a session whose cue is being computed, and go on without it when it fails', async () => {
    network.runs.length = 0;
    const batcher = new MouthBatcher(network);
    const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
    const late = batcher.whileCue(pause).then(() => batcher.paint(jobs[1]!));
    const failing = batcher.whileCue(async () => {
      await pause();
      throw new Error('no cue');
    });
    const early = batcher.paint(jobs[0]!);
    await expect(failing).rejects.toThrow('no cue');
    await Promise.all([early, late]);
    expect(network.runs).toEqual([2]);
  });

  it('do not wait longer than 10 ms', async () => {
    network.runs.length = 0;
    const batcher = new MouthBatcher(network);
    let isOver = false;
    const slow = batcher.whileCue(async () => {
      while (!isOver) await new Promise((resolve) => setTimeout(resolve, 1));
    });
    await batcher.paint(jobs[0]!);
    isOver = true;
    await slow;
    expect(network.runs).toEqual([1]);
  });

  it('split what is more than the largest size', async () => {
    network.runs.length = 0;
    const batcher = new MouthBatcher(network);
    await Promise.all([...jobs, ...jobs.slice(0, 1)].map((job) => batcher.paint(job)));
    expect(network.runs).toEqual([4, 1]);
  }, 60_000);

  it('tell every session when a run fails, and go on with the next', async () => {
    const batcher = new MouthBatcher(network);
    const wrong = { latents: new Float32Array(9000), audio: jobs[0]!.audio };
    await expect(batcher.paint(wrong)).rejects.toThrow();
    await expect(batcher.paint(jobs[0]!)).resolves.toMatchObject({ slot: 0 });
  });
});
