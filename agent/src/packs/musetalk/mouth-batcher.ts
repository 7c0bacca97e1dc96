/**
 * Gathers the frames that sessions want painted at the same time into one run. Nothing waits for company that is not
 * already on its way: a batch starts when no cue is being computed any more, when it is full, or at the latest
 * GATHER_MS after its first frame. Batches therefore grow when the network is busy, and only then.
 */
import type { MouthJob, MouthNetwork } from './mouth-network.ts';
import { FACE_BYTES } from './mouth-network.ts';

/** Longest time the first frame of a batch waits for others, ms: a quarter of a frame. */
const GATHER_MS = 10;

/** A painted face and its place in the batch (0 … maxBatch − 1). The bytes are valid until the next turn. */
export type PaintedFace = { readonly bgr: Uint8Array; readonly slot: number };

type Waiting = {
  readonly job: MouthJob;
  readonly sinceMs: number;
  readonly resolve: (face: PaintedFace) => void;
  readonly reject: (error: unknown) => void;
};

/** See the head of this file. */
export class MouthBatcher {
  readonly #network: MouthNetwork;
  readonly #waiting: Waiting[] = [];
  #cuesInWork = 0;
  #isRunning = false;
  #isCheckDue = false;

  constructor(network: MouthNetwork) {
    this.#network = network;
  }

  /** Run `cue`; frames that wait meanwhile wait for the frame that follows from it. */
  async whileCue<T>(cue: () => Promise<T>): Promise<T> {
    this.#cuesInWork += 1;
    try {
      return await cue();
    } finally {
      this.#cuesInWork -= 1;
      this.#checkSoon();
    }
  }

  /** Paint one frame. @throws AvatarError INFERENCE_FAILED */
  paint(job: MouthJob): Promise<PaintedFace> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, sinceMs: performance.now(), resolve, reject });
      this.#checkSoon();
    });
  }

  /** Look after the current turn: callers whose cue has just arrived submit their frame within it. */
  #checkSoon(): void {
    if (this.#isCheckDue || this.#isRunning) return;
    this.#isCheckDue = true;
    setImmediate(() => {
      this.#isCheckDue = false;
      this.#check();
    });
  }

  #check(): void {
    const [first] = this.#waiting;
    if (!first || this.#isRunning) return;
    const isFull = this.#waiting.length >= this.#network.maxBatch;
    const isDue = performance.now() - first.sinceMs >= GATHER_MS;
    if (this.#cuesInWork === 0 || isFull || isDue) void this.#runBatch();
    else this.#checkSoon();
  }

  async #runBatch(): Promise<void> {
    this.#isRunning = true;
    const batch = this.#waiting.splice(0, this.#network.maxBatch);
    try {
      const bgr = await this.#network.run(batch.map(({ job }) => job));
      batch.forEach(({ resolve }, slot) => {
        resolve({ bgr: bgr.subarray(slot * FACE_BYTES, (slot + 1) * FACE_BYTES), slot });
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#isRunning = false;
    // A turn later: until then the faces are being copied into patches.
    this.#checkSoon();
  }
}
