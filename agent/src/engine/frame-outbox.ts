/**
 * Sends finished frames of one session to its job. While the socket takes no more, up to MAX_WAITING frames wait;
 * then the oldest waiting frame is dropped and counted. Frames lie in shared slots, which go back to the render
 * thread when they are written or dropped.
 */
import type { Socket } from 'node:net';
import { headerOf, messageOf } from './frame-slots.ts';

const MAX_WAITING = 8;

type Slot = {
  readonly message: Buffer;
  readonly header: DataView;
  readonly onWritten: () => void;
  finishedAtMs: number;
  /** The render thread that made it is gone: nobody to give it back to. */
  isLost: boolean;
};

/** What an outbox tells its owner. */
export type OutboxEvents = {
  /** A slot may be used again. */
  readonly onFree: (slot: number) => void;
  /** A frame is written: time since the render thread had finished it, ms. */
  readonly onSent: (latencyMs: number) => void;
};

/** Frames on their way to one socket. */
export class FrameOutbox {
  readonly #socket: Socket;
  readonly #events: OutboxEvents;
  readonly #slots = new Map<number, Slot>();
  readonly #waiting: number[] = [];
  #dropped = 0;
  #outdated = 0;

  constructor(socket: Socket, events: OutboxEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('drain', () => {
      this.#flush();
    });
  }

  /** Frames dropped because the job did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Frames dropped because an interruption had made them old. */
  get outdated(): number {
    return this.#outdated;
  }

  /** Frames waiting for the socket. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** The render thread has made a slot. */
  addSlot(slot: number, memory: SharedArrayBuffer): void {
    const message = messageOf(memory);
    // After a change of picture size the old slots are never used again; those still waiting go with the next change.
    for (const [number, old] of this.#slots) {
      const isOldSize = old.message.length !== message.length;
      if (isOldSize && !this.#waiting.includes(number)) this.#slots.delete(number);
    }
    const entry: Slot = {
      message,
      header: headerOf(memory),
      finishedAtMs: 0,
      isLost: false,
      onWritten: () => {
        if (entry.isLost) return;
        this.#events.onSent(performance.timeOrigin + performance.now() - entry.finishedAtMs);
        this.#events.onFree(slot);
      },
    };
    this.#slots.set(slot, entry);
  }

  /** Send the frame in `slot`, now or when the socket takes it. Returns its header, to be read at once. */
  send(slot: number, finishedAtMs: number): DataView | undefined {
    const entry = this.#slots.get(slot);
    if (entry === undefined) return undefined;
    entry.finishedAtMs = finishedAtMs;
    this.#waiting.push(slot);
    this.#flush();
    if (this.#waiting.length > MAX_WAITING) {
      const oldest = this.#waiting.shift(); // at most MAX_WAITING + 1 long
      this.#dropped += 1;
      if (oldest !== undefined) this.#events.onFree(oldest);
    }
    return entry.header;
  }

  /** Drop the frames that are not sent yet: an interruption has made them old. */
  dropWaiting(): void {
    for (const slot of this.#waiting) this.#events.onFree(slot);
    this.#outdated += this.#waiting.length;
    this.#waiting.length = 0;
  }

  /** Forget the slots of a lost render thread; frames that wait are lost with it. */
  reset(): void {
    for (const entry of this.#slots.values()) entry.isLost = true;
    this.#slots.clear();
    this.#waiting.length = 0;
  }

  #flush(): void {
    while (this.#waiting.length > 0 && !this.#socket.writableNeedDrain) {
      const entry = this.#slots.get(this.#waiting.shift() ?? -1);
      if (entry !== undefined && this.#socket.writable) {
        this.#socket.write(entry.message, entry.onWritten);
      }
    }
  }
}
