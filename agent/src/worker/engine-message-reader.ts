import { AvatarError } from '../errors.ts';
import {
  EngineMessage,
  FRAME_HEADER_BYTES,
  MAX_ENGINE_MESSAGE_BYTES,
  MESSAGE_HEADER_BYTES,
  readFrameHeader,
} from '../engine/protocol.ts';
import type { FramePool, PooledFrame } from './frame-pool.ts';

/** Where complete messages go. */
export type EngineMessageSink = {
  /** A video frame; the receiver releases it to the pool. */
  onFrame(frame: PooledFrame): void;
  /** Any other message: its type and its payload (a buffer of its own). */
  onMessage(type: number, payload: Buffer): void;
};

/**
 * Cuts the engine's byte stream into messages. Frame pixels are copied once, from the socket's buffer into a pooled
 * frame; nothing else is allocated for them.
 */
export class EngineMessageReader {
  readonly #pool: FramePool;
  readonly #sink: EngineMessageSink;
  readonly #header = Buffer.alloc(MESSAGE_HEADER_BYTES + FRAME_HEADER_BYTES);
  readonly #headerView = new DataView(this.#header.buffer, this.#header.byteOffset);
  /** Bytes of #header filled. */
  #headerFill = 0;
  /** Body being filled: pixels of #frame, or the payload of another message. */
  #body: Uint8Array | undefined;
  #bodyFill = 0;
  #frame: PooledFrame | undefined;

  constructor(pool: FramePool, sink: EngineMessageSink) {
    this.#pool = pool;
    this.#sink = sink;
  }

  /** Take bytes from the socket. @throws AvatarError PROTOCOL_VIOLATION: the connection must be closed */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length || this.#bodyIsComplete()) {
      if (this.#bodyIsComplete()) {
        this.#finish();
        continue;
      }
      if (this.#body) {
        const count = Math.min(this.#body.length - this.#bodyFill, bytes.length - at);
        this.#body.set(bytes.subarray(at, at + count), this.#bodyFill);
        this.#bodyFill += count;
        at += count;
        continue;
      }
      const want = this.#headerBytes() - this.#headerFill;
      const count = Math.min(want, bytes.length - at);
      this.#header.set(bytes.subarray(at, at + count), this.#headerFill);
      this.#headerFill += count;
      at += count;
      if (this.#headerFill === this.#headerBytes()) this.#openBody();
    }
  }

  /** Header bytes of the message being read: a frame's own header counts once its type is known. */
  #headerBytes(): number {
    const isFrame =
      this.#headerFill >= MESSAGE_HEADER_BYTES && this.#header[4] === EngineMessage.frame;
    return isFrame ? MESSAGE_HEADER_BYTES + FRAME_HEADER_BYTES : MESSAGE_HEADER_BYTES;
  }

  #bodyIsComplete(): boolean {
    return this.#body !== undefined && this.#bodyFill === this.#body.length;
  }

  #openBody(): void {
    const length = this.#headerView.getUint32(0, true);
    if (length < 1 || length > MAX_ENGINE_MESSAGE_BYTES) {
      throw new AvatarError('PROTOCOL_VIOLATION', `the engine sent a message of ${length} bytes`);
    }
    this.#bodyFill = 0;
    if (this.#header[4] !== EngineMessage.frame) {
      this.#body = Buffer.alloc(length - 1);
      return;
    }
    const pixelBytes = length - 1 - FRAME_HEADER_BYTES;
    const width = this.#headerView.getUint32(MESSAGE_HEADER_BYTES + 8, true);
    const height = this.#headerView.getUint32(MESSAGE_HEADER_BYTES + 12, true);
    // rtc-node reads width × height × 3 / 2 bytes through a raw pointer and does not check the length itself.
    if (width % 2 !== 0 || height % 2 !== 0 || pixelBytes !== (width * height * 3) / 2) {
      throw new AvatarError(
        'PROTOCOL_VIOLATION',
        `the engine sent a ${width}×${height} frame of ${pixelBytes} bytes`,
      );
    }
    const frame = this.#pool.take(pixelBytes);
    readFrameHeader(this.#headerView, MESSAGE_HEADER_BYTES, frame);
    this.#frame = frame;
    this.#body = frame.data;
  }

  #finish(): void {
    const body = this.#body!;
    const frame = this.#frame;
    this.#body = undefined;
    this.#frame = undefined;
    this.#headerFill = 0;
    if (frame) {
      frame.arrivedAtMs = performance.now();
      this.#sink.onFrame(frame);
    } else {
      this.#sink.onMessage(this.#header[4]!, body as Buffer);
    }
  }
}
