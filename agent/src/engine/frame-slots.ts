/**
 * Frame buffers of one session, in memory shared by its render thread (writes) and the main thread (sends). A slot
 * holds one whole frame message of the protocol, so that it goes to the socket as it is:
 *
 *   0 … 2 padding, 3 … 7 message header, 8 … 39 frame header, 40 … I420 planes
 *
 * The planes begin at a multiple of 8: copies between shared buffers are eight times slower otherwise.
 */
import { writeMessageHeader } from './message-reader.ts';
import { EngineMessage, FRAME_HEADER_BYTES, MESSAGE_HEADER_BYTES } from './protocol.ts';

const PADDING_BYTES = 3;
const HEADER_OFFSET = PADDING_BYTES + MESSAGE_HEADER_BYTES;
const PLANES_OFFSET = HEADER_OFFSET + FRAME_HEADER_BYTES;

/** Slots a session may have: 8 waiting for the socket, the rest on their way. */
const MAX_SLOTS = 12;

/** One slot as the render thread sees it. */
export type FrameSlot = {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly header: DataView;
  readonly planes: Uint8Array;
};

/** Main thread: the frame message in a slot's memory, to be written to the socket. */
export function messageOf(memory: SharedArrayBuffer): Buffer {
  return Buffer.from(memory, PADDING_BYTES);
}

/** Main thread: the frame header in a slot's memory. */
export function headerOf(memory: SharedArrayBuffer): DataView {
  return new DataView(memory, HEADER_OFFSET, FRAME_HEADER_BYTES);
}

/** Slots of one session, in the render thread. Bounded: without a free slot the session waits (and skips late frames). */
export class FrameSlots {
  readonly #announce: (slot: FrameSlot) => void;
  readonly #slots = new Map<number, FrameSlot>();
  readonly #free: FrameSlot[] = [];
  #frameBytes = 0;
  #lastNumber = 0;

  /** `announce` tells the main thread about a new slot. */
  constructor(announce: (slot: FrameSlot) => void) {
    this.#announce = announce;
  }

  /** A free slot for frames of `frameBytes`, or undefined when all are on their way. */
  take(frameBytes: number): FrameSlot | undefined {
    if (frameBytes !== this.#frameBytes) {
      // Another picture size: the old slots are let go as they come back.
      this.#frameBytes = frameBytes;
      this.#slots.clear();
      this.#free.length = 0;
    }
    return this.#free.pop() ?? (this.#slots.size < MAX_SLOTS ? this.#create() : undefined);
  }

  /** Take a slot back. */
  release(number: number): void {
    const slot = this.#slots.get(number);
    if (slot !== undefined) this.#free.push(slot);
  }

  #create(): FrameSlot {
    const memory = new SharedArrayBuffer(PLANES_OFFSET + this.#frameBytes);
    const planes = new Uint8Array(memory, PLANES_OFFSET);
    writeMessageHeader(
      new Uint8Array(memory),
      PADDING_BYTES,
      EngineMessage.frame,
      FRAME_HEADER_BYTES + this.#frameBytes,
    );
    this.#lastNumber += 1;
    const slot = { number: this.#lastNumber, memory, header: headerOf(memory), planes };
    this.#slots.set(slot.number, slot);
    this.#announce(slot);
    return slot;
  }
}
