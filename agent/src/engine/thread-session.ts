/**
 * A session as its render thread keeps it: an inbox that holds messages while a frame is being rendered (pack calls
 * must not overlap), the RenderSession, and the frame slots.
 */
import { emptyFrameHeader, writeFrameHeader, type FrameHeader } from './protocol.ts';
import { RenderSession, type OpenAvatar, type SessionSettings } from './render-session.ts';
import { count, Counter, type SessionCounters } from './session-counters.ts';
import { FrameSlots, type FrameSlot } from './frame-slots.ts';
import type { FromThread, ToThread } from './thread-messages.ts';

/** Messages a session handles between frames. */
export type SessionInput =
  | Extract<ToThread, { kind: 'audio' | 'interrupt' }>
  | { readonly kind: 'avatar'; readonly avatar: OpenAvatar };

/** Chunks that may wait for the thread, 1 s; the oldest is dropped beyond that and becomes a gap of silence. */
const MAX_INBOX = 50;

/** See the head of this file. */
export class ThreadSession {
  readonly session: number;
  readonly #rendering: RenderSession;
  readonly #counters: SessionCounters;
  readonly #slots: FrameSlots;
  readonly #post: (message: FromThread) => void;
  readonly #inbox: SessionInput[] = [];
  readonly #header: FrameHeader = emptyFrameHeader();
  #isBusy = false;
  #wasFailing = false;

  constructor(options: {
    readonly session: number;
    readonly avatar: OpenAvatar;
    readonly settings: SessionSettings;
    readonly counters: SessionCounters;
    readonly epoch: number;
    readonly post: (message: FromThread) => void;
  }) {
    const { session, avatar, settings, counters, epoch, post } = options;
    this.session = session;
    this.#counters = counters;
    this.#post = post;
    this.#rendering = new RenderSession(avatar, settings, counters);
    this.#rendering.resume(epoch);
    this.#slots = new FrameSlots(({ number, memory }: FrameSlot) => {
      post({ kind: 'slot', session, slot: number, memory });
    });
  }

  /** Avatar that frames show once everything in the inbox is handled. */
  get avatar(): OpenAvatar {
    for (let i = this.#inbox.length - 1; i >= 0; i -= 1) {
      const input = this.#inbox[i];
      if (input?.kind === 'avatar') return input.avatar;
    }
    return this.#rendering.avatar;
  }

  /** Whether frames of this session can be made together with others'. */
  get isBatched(): boolean {
    return (this.#rendering.avatar.pack.facts.maxBatch ?? 1) > 1;
  }

  /** Take a message; handled at once, or after the frame in work. */
  accept(input: SessionInput): void {
    if (!this.#isBusy) {
      this.#handle(input);
      return;
    }
    this.#inbox.push(input);
    if (this.#inbox.length <= MAX_INBOX) return;
    const oldestAudio = this.#inbox.findIndex(({ kind }) => kind === 'audio');
    this.#inbox.splice(Math.max(0, oldestAudio), 1);
    count(this.#counters, Counter.droppedChunks);
  }

  /** The main thread is done with a slot. */
  release(slot: number): void {
    this.#slots.release(slot);
  }

  /** Render one frame when one is due and a slot is free. Returns whether it did. */
  async renderOne(): Promise<boolean> {
    if (!this.#rendering.hasWork()) return false;
    const slot = this.#slots.take(this.#rendering.frameBytes);
    if (slot === undefined) return false;
    this.#isBusy = true;
    const { failure, isGivingUp } = await this.#rendering.renderNext(slot.planes, this.#header);
    this.#isBusy = false;
    writeFrameHeader(slot.header, 0, this.#header);
    this.#post({
      kind: 'frame',
      session: this.session,
      slot: slot.number,
      finishedAtMs: performance.timeOrigin + performance.now(),
    });
    if (failure !== undefined && (isGivingUp || !this.#wasFailing)) {
      const { session } = this;
      this.#post({ kind: 'trouble', session, message: failure.message, isResting: isGivingUp });
    }
    this.#wasFailing = failure !== undefined;
    for (const input of this.#inbox) this.#handle(input);
    this.#inbox.length = 0;
    return true;
  }

  #handle(input: SessionInput): void {
    switch (input.kind) {
      case 'audio':
        this.#rendering.pushChunk(input.epoch, input.chunkIndex, input.pcm);
        break;
      case 'interrupt':
        this.#rendering.interrupt(input.epoch, input.fromFrame);
        break;
      case 'avatar':
        this.#rendering.select(input.avatar);
        break;
    }
  }
}
