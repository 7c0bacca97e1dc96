import { emptyFrameHeader, type FrameHeader } from '../engine/protocol.ts';

/** A video frame as it came from the engine, in a buffer that is used again. */
export type PooledFrame = FrameHeader & {
  /** The I420 planes: exactly width × height × 3 / 2 bytes, the whole of their own ArrayBuffer (rtc-node ignores offsets). */
  data: Uint8Array;
  /** When the last byte arrived, ms of performance.now(). */
  arrivedAtMs: number;
};

/** A free list of frames of one size; frames of another size (a switched avatar) are left to the garbage collector. */
export class FramePool {
  readonly #free: PooledFrame[] = [];
  readonly #capacity: number;
  #byteLength = 0;

  /** @param capacity frames kept for reuse */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** A frame with room for exactly `byteLength` bytes. Its header is stale. */
  take(byteLength: number): PooledFrame {
    if (byteLength !== this.#byteLength) {
      this.#byteLength = byteLength;
      this.#free.length = 0;
    }
    return (
      this.#free.pop() ?? {
        ...emptyFrameHeader(),
        data: new Uint8Array(byteLength),
        arrivedAtMs: 0,
      }
    );
  }

  /** Give a frame back; it must not be used afterwards. */
  release(frame: PooledFrame): void {
    if (frame.data.byteLength !== this.#byteLength || this.#free.length >= this.#capacity) return;
    this.#free.push(frame);
  }
}
