/**
 * Entry of a render thread: owns packs (and with them ONNX), opened avatars and the sessions pinned to it. Renders one
 * frame at a time, sessions in turn; between two frames the event loop takes new messages. Nothing here touches sockets.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { toAvatarError } from '../errors.ts';
import { AvatarCabinet } from './avatar-cabinet.ts';
import type { OpenAvatar } from './render-session.ts';
import { ThreadSession } from './thread-session.ts';
import type {
  FromThread,
  OpenedAvatar,
  ThreadFailure,
  ThreadStart,
  ToThread,
} from './thread-messages.ts';

type SessionMessage = Exclude<ToThread, { kind: 'avatar' }>;

class RenderThread {
  readonly #settings: ThreadStart;
  readonly #post: (message: FromThread) => void;
  readonly #cabinet: AvatarCabinet;
  readonly #sessions = new Map<number, ThreadSession>();
  /** Sessions whose avatar is being opened; closed meanwhile = removed. */
  readonly #opening = new Set<number>();
  #isPumping = false;

  constructor(settings: ThreadStart, post: (message: FromThread) => void) {
    this.#settings = settings;
    this.#post = post;
    this.#cabinet = new AvatarCabinet(settings.modelsDir, settings.musetalk);
  }

  handle(message: ToThread): void {
    if (message.kind === 'avatar') void this.#addAvatar(message);
    else this.#handleForSession(message);
  }

  #handleForSession(message: SessionMessage): void {
    const { session } = message;
    switch (message.kind) {
      case 'audio':
      case 'interrupt':
        this.#sessions.get(session)?.accept(message);
        this.#wake();
        break;
      case 'free':
        this.#sessions.get(session)?.release(message.slot);
        this.#wake();
        break;
      case 'open':
        void this.#open(message);
        break;
      case 'select':
        void this.#select(message);
        break;
      case 'close':
        void this.#close(session);
        break;
    }
  }

  async #addAvatar({ asset, model }: Extract<ToThread, { kind: 'avatar' }>): Promise<void> {
    try {
      const { pack } = await this.#cabinet.add(asset, model);
      this.#post({ kind: 'avatar', id: asset.id, facts: pack.facts });
    } catch (error) {
      this.#post({ kind: 'avatarFailed', id: asset.id, failure: failureOf(error) });
    }
  }

  async #open(message: Extract<ToThread, { kind: 'open' }>): Promise<void> {
    const { session, avatarId, epoch, counters } = message;
    this.#opening.add(session);
    try {
      const avatar = await this.#cabinet.acquire(avatarId);
      if (!this.#opening.delete(session)) {
        await this.#cabinet.release(avatar);
        return;
      }
      const settings = this.#settings;
      const post = this.#post;
      const opened = new ThreadSession({ session, avatar, settings, counters, epoch, post });
      this.#sessions.set(session, opened);
      this.#post({ kind: 'opened', session, avatar: describe(avatar) });
    } catch (error) {
      this.#opening.delete(session);
      this.#post({ kind: 'failed', session, requestId: 0, failure: failureOf(error) });
    }
  }

  async #select(message: Extract<ToThread, { kind: 'select' }>): Promise<void> {
    const { session, requestId, avatarId } = message;
    try {
      const avatar = await this.#cabinet.acquire(avatarId);
      const open = this.#sessions.get(session);
      const left = open === undefined ? avatar : open.avatar;
      open?.accept({ kind: 'avatar', avatar });
      if (open !== undefined) {
        this.#post({ kind: 'selected', session, requestId, avatar: describe(avatar) });
      }
      await this.#cabinet.release(left);
    } catch (error) {
      this.#post({ kind: 'failed', session, requestId, failure: failureOf(error) });
    }
  }

  async #close(session: number): Promise<void> {
    this.#opening.delete(session);
    const closed = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (closed !== undefined) await this.#cabinet.release(closed.avatar);
  }

  #wake(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    let hasRendered = true;
    while (hasRendered) {
      hasRendered = await this.#renderBatched();
      for (const session of this.#sessions.values()) {
        if (session.isBatched || !(await session.renderOne())) continue;
        hasRendered = true;
        // Let new chunks, interruptions and freed slots in before the next frame.
        await nextTurn();
      }
    }
    this.#isPumping = false;
  }

  /** One frame of every session whose pack makes frames of several sessions in one go. Returns whether any was due. */
  async #renderBatched(): Promise<boolean> {
    const sessions = [...this.#sessions.values()].filter(({ isBatched }) => isBatched);
    if (sessions.length === 0) return false;
    const rendered = await Promise.all(sessions.map((session) => session.renderOne()));
    await nextTurn();
    return rendered.includes(true);
  }
}

function describe({ id, width, height, pack }: OpenAvatar): OpenedAvatar {
  return { avatarId: id, width, height, facts: pack.facts };
}

function failureOf(thrown: unknown): ThreadFailure {
  const { code, message } = toAvatarError(thrown);
  return { code, message };
}

const port = parentPort;
if (port === null) throw new Error('render-thread.ts is the entry of a worker thread');
const thread = new RenderThread(workerData as ThreadStart, (message) => {
  port.postMessage(message);
});
port.on('message', (message: ToThread) => {
  thread.handle(message);
});
