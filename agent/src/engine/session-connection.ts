/**
 * One connection of a job = one session, on the main thread: checks messages, passes audio and control on to the
 * session's render thread, sends frames and answers back. Renders nothing.
 */
import type { Socket } from 'node:net';
import { AvatarError, toAvatarError } from '../errors.ts';
import type { AvatarMeter, SessionOutcome } from '../observability/engine-meters.ts';
import { addDeltas } from '../observability/job-latencies.ts';
import { SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import type { CatalogueAvatar } from './avatar-catalogue.ts';
import type { EngineHost } from './engine-host.ts';
import { FrameOutbox } from './frame-outbox.ts';
import { decodeJson, encodeJsonMessage, encodeMessage, MessageReader } from './message-reader.ts';
import * as protocol from './protocol.ts';
import { errorOf, type RenderThreadHandle } from './render-thread-handle.ts';
import { createCounters } from './session-counters.ts';
import { sessionStatusOf, type EngineSessionStatus } from './session-status.ts';
import type { FromThread, OpenedAvatar } from './thread-messages.ts';

/** Time a peer has for its first message, ms. */
const OPEN_TIMEOUT_MS = 5000;
/** Time a peer has to read why it is disconnected, ms. */
const LAST_WORD_TIMEOUT_MS = 2000;
/** A peer that lets this much pile up unread is disconnected. */
const MAX_UNREAD_BYTES = 3 * protocol.MAX_ENGINE_MESSAGE_BYTES;
/** Times a session may lose its thread: one that keeps killing threads is ended. */
const MAX_MOVES = 3;

/** Messages of a render thread about one session. */
type SessionMessage = Exclude<FromThread, { kind: 'avatar' | 'avatarFailed' }>;
type Stage = 'connected' | 'opening' | 'open' | 'moving' | 'closed';

/** See the head of this file. */
export class SessionConnection {
  readonly session: number;
  readonly #host: EngineHost;
  readonly #socket: Socket;
  readonly #outbox: FrameOutbox;
  readonly #counters = createCounters();
  readonly #openedAtMs = performance.now();
  readonly #openTimer: NodeJS.Timeout;
  /** Avatars that are being switched to, by request. */
  readonly #selecting = new Map<number, CatalogueAvatar>();
  /** The request to answer when the session is open in its new thread. */
  #movingRequest: number | undefined;
  #stage: Stage = 'connected';
  #thread: RenderThreadHandle | undefined;
  #avatar: CatalogueAvatar | undefined;
  #sessionId = '';
  #epoch = 0;
  #moves = 0;
  #isSendingClip = false;
  #stats: protocol.SessionStats | undefined;
  #meter: AvatarMeter | undefined;
  /** What to count it as when it ends now. */
  #outcome: SessionOutcome = 'lost';

  constructor(session: number, socket: Socket, host: EngineHost) {
    this.session = session;
    this.#socket = socket;
    this.#host = host;
    this.#outbox = new FrameOutbox(socket, {
      onFree: (slot) => this.#thread?.post({ kind: 'free', session, slot }),
      onSent: (latencyMs) => {
        host.recordIpc(latencyMs, this.#meter);
      },
    });
    const reader = new MessageReader(protocol.MAX_JOB_MESSAGE_BYTES, (type, payload) => {
      if (this.#stage !== 'closed') this.#receive(type, payload);
    });
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.push(bytes);
      } catch (error) {
        this.fail(toAvatarError(error));
      }
    });
    socket.on('error', (error) => {
      // A job that ends with frames unread resets the connection: the usual end of a session.
      host.logger.info({ sessionId: this.#sessionId, reason: error.message }, 'job disconnected');
    });
    socket.on('close', () => {
      this.#end();
    });
    this.#openTimer = setTimeout(() => {
      this.fail(
        new AvatarError('PROTOCOL_VIOLATION', `no open message within ${OPEN_TIMEOUT_MS} ms`),
      );
    }, OPEN_TIMEOUT_MS);
  }

  get thread(): RenderThreadHandle | undefined {
    return this.#thread;
  }

  /** Whether it counts against service.max_sessions. */
  get isSession(): boolean {
    return this.#stage === 'opening' || this.#stage === 'open' || this.#stage === 'moving';
  }

  /** Pack of the avatar it shows. */
  get model(): string | undefined {
    return this.#avatar?.model;
  }

  status(): EngineSessionStatus {
    return sessionStatusOf({
      sessionId: this.#sessionId,
      avatarId: this.#avatar?.asset.id ?? '',
      uptimeMs: performance.now() - this.#openedAtMs,
      counters: this.#counters,
      unsentFrames: this.#outbox.dropped,
      outdatedFrames: this.#outbox.outdated,
      waitingFrames: this.#outbox.waiting,
      stats: this.#stats,
    });
  }

  /** A render thread has something about this session. */
  take(message: SessionMessage, thread: RenderThreadHandle): void {
    if (thread !== this.#thread) return; // from a thread that the session has left
    switch (message.kind) {
      case 'slot':
        this.#outbox.addSlot(message.slot, message.memory);
        break;
      case 'frame': {
        const header = this.#outbox.send(message.slot, message.finishedAtMs);
        if (header !== undefined) this.#host.recordFrame(header, this.#meter);
        break;
      }
      case 'opened':
        this.#takeOpened(message.avatar);
        break;
      case 'selected':
        this.#takeSelected(message.requestId, message.avatar);
        break;
      case 'failed':
        if (message.requestId === 0) this.fail(errorOf(message.failure));
        else this.#refuse(message.requestId, errorOf(message.failure));
        this.#selecting.delete(message.requestId);
        break;
      case 'trouble':
        this.#host.logger.warn(
          { sessionId: this.#sessionId, avatarId: this.#avatar?.asset.id, reason: message.message },
          message.isResting ? 'frames keep failing; the session rests for 1 s' : 'a frame failed',
        );
        break;
    }
  }

  /** The session's thread is gone: go on in another one, or end. */
  moveTo(thread: RenderThreadHandle | undefined): void {
    this.#outbox.reset();
    for (const requestId of this.#selecting.keys()) {
      this.#refuse(requestId, new AvatarError('ENGINE_UNAVAILABLE', 'the render thread was lost'));
    }
    this.#selecting.clear();
    if (this.#movingRequest !== undefined) {
      const lost = new AvatarError('ENGINE_UNAVAILABLE', 'the render thread was lost');
      this.#refuse(this.#movingRequest, lost);
      this.#movingRequest = undefined;
    }
    this.#moves += 1;
    if (thread === undefined || this.#avatar === undefined || this.#moves > MAX_MOVES) {
      this.fail(
        new AvatarError('ENGINE_UNAVAILABLE', 'the render thread of this session was lost'),
      );
      return;
    }
    if (this.#stage === 'open') this.#stage = 'moving';
    this.#openIn(thread, this.#avatar);
  }

  /** Tell the job why and close. */
  fail(error: AvatarError): void {
    if (this.#stage === 'closed') return;
    this.#host.logger.warn(
      { sessionId: this.#sessionId, code: error.code, reason: error.message },
      'session refused or ended by the engine',
    );
    this.#refuse(0, error);
    this.#outcome = this.#stage === 'opening' ? 'refused' : 'ended';
    this.#socket.destroySoon();
    this.#socket.setTimeout(LAST_WORD_TIMEOUT_MS, () => this.#socket.destroy());
    this.#end();
  }

  /** Close without a word (shutdown). */
  close(): void {
    if (this.#outcome === 'lost') this.#outcome = 'ended';
    this.#socket.destroy();
    this.#end();
  }

  #receive(type: number, payload: Buffer): void {
    if (this.#stage === 'connected' && type !== protocol.JobMessage.open) {
      throw new AvatarError('PROTOCOL_VIOLATION', `message ${type} came before open`);
    }
    switch (type) {
      case protocol.JobMessage.audio:
        this.#receiveAudio(payload);
        break;
      case protocol.JobMessage.open:
        this.#open(decodeJson(protocol.openSessionSchema, payload, 'open'));
        break;
      case protocol.JobMessage.select:
        this.#select(decodeJson(protocol.selectAvatarSchema, payload, 'select'));
        break;
      case protocol.JobMessage.interrupt:
        this.#interrupt(decodeJson(protocol.interruptSchema, payload, 'interrupt'));
        break;
      case protocol.JobMessage.clip:
        void this.#sendClip(decodeJson(protocol.requestClipSchema, payload, 'clip'));
        break;
      case protocol.JobMessage.stats:
        this.#takeStats(decodeJson(protocol.sessionStatsSchema, payload, 'stats'));
        break;
      case protocol.JobMessage.goodbye:
        this.#outcome = decodeJson(protocol.goodbyeSchema, payload, 'goodbye').outcome;
        break;
      case protocol.JobMessage.list: {
        const { requestId } = decodeJson(protocol.requestListSchema, payload, 'list');
        this.#reply({ requestId, result: this.#host.list() });
        break;
      }
      default:
        throw new AvatarError('PROTOCOL_VIOLATION', `the engine knows no message of type ${type}`);
    }
  }

  #receiveAudio(payload: Buffer): void {
    if (payload.length !== protocol.AUDIO_PAYLOAD_BYTES) {
      throw new AvatarError(
        'PROTOCOL_VIOLATION',
        `an audio message has ${payload.length} bytes instead of ${protocol.AUDIO_PAYLOAD_BYTES}`,
      );
    }
    if (this.#stage !== 'open') return; // a thread is being prepared; what is missing becomes silence
    const pcm = new Int16Array(SAMPLES_PER_CHUNK);
    for (let i = 0; i < SAMPLES_PER_CHUNK; i += 1) pcm[i] = payload.readInt16LE(8 + 2 * i);
    const epoch = payload.readUInt32LE(0);
    const chunkIndex = payload.readUInt32LE(4);
    this.#thread?.post({ kind: 'audio', session: this.session, epoch, chunkIndex, pcm });
  }

  #open({ avatarId, sessionId }: protocol.OpenSession): void {
    if (this.#stage !== 'connected') {
      throw new AvatarError('PROTOCOL_VIOLATION', 'open came twice on one connection');
    }
    clearTimeout(this.#openTimer);
    this.#sessionId = sessionId;
    const avatar = this.#host.avatar(avatarId);
    const thread = this.#host.admit(avatar);
    this.#stage = 'opening';
    this.#openIn(thread, avatar);
  }

  #openIn(thread: RenderThreadHandle, avatar: CatalogueAvatar): void {
    this.#thread = thread;
    this.#avatar = avatar;
    this.#meter = this.#host.meter(avatar);
    void thread.addAvatar(avatar.asset, avatar.model).catch(() => undefined); // the thread answers `failed` with the reason
    thread.post({
      kind: 'open',
      session: this.session,
      avatarId: avatar.asset.id,
      epoch: this.#epoch,
      counters: this.#counters,
    });
  }

  #takeOpened(avatar: OpenedAvatar): void {
    const isNew = this.#stage === 'opening';
    if (this.#avatar === undefined || (!isNew && this.#stage !== 'moving')) return;
    this.#stage = 'open';
    // An interruption while the session moved would be lost: its epoch is repeated.
    const { session } = this;
    this.#thread?.post({ kind: 'interrupt', session, epoch: this.#epoch, fromFrame: 0 });
    if (this.#movingRequest !== undefined) {
      const requestId = this.#movingRequest;
      this.#movingRequest = undefined;
      this.#reply({ requestId, result: this.#host.describe(this.#avatar, avatar) });
    }
    if (!isNew) return;
    this.#send(
      encodeJsonMessage(protocol.EngineMessage.opened, this.#host.describe(this.#avatar, avatar)),
    );
  }

  #select({ requestId, avatarId }: protocol.SelectAvatar): void {
    if (this.#stage !== 'open' || this.#thread === undefined) {
      this.#refuse(requestId, new AvatarError('ENGINE_UNAVAILABLE', 'the session is not open yet'));
      return;
    }
    let avatar: CatalogueAvatar;
    let home: RenderThreadHandle | undefined;
    try {
      avatar = this.#host.avatar(avatarId);
      if (avatar.model !== this.model) home = this.#host.homeFor(avatar);
    } catch (error) {
      this.#refuse(requestId, toAvatarError(error));
      return;
    }
    if (home !== undefined && home !== this.#thread) {
      this.#changeThread(home, avatar, requestId);
      return;
    }
    this.#selecting.set(requestId, avatar);
    void this.#thread.addAvatar(avatar.asset, avatar.model).catch(() => undefined); // answered by `failed`
    this.#thread.post({ kind: 'select', session: this.session, requestId, avatarId });
  }

  /** The avatar's pack lives in another thread: the session goes on there. */
  #changeThread(thread: RenderThreadHandle, avatar: CatalogueAvatar, requestId: number): void {
    this.#thread?.post({ kind: 'close', session: this.session });
    this.#outbox.reset();
    this.#stage = 'moving';
    this.#movingRequest = requestId;
    this.#openIn(thread, avatar);
  }

  #takeSelected(requestId: number, opened: OpenedAvatar): void {
    const avatar = this.#selecting.get(requestId);
    if (avatar === undefined) return;
    this.#selecting.delete(requestId);
    this.#avatar = avatar;
    this.#meter = this.#host.meter(avatar);
    this.#reply({ requestId, result: this.#host.describe(avatar, opened) });
  }

  #takeStats(stats: protocol.SessionStats): void {
    this.#stats = stats;
    if (this.#meter !== undefined) addDeltas(this.#meter.latencies, stats.latencies);
  }

  #interrupt({ epoch, fromFrame }: protocol.Interrupt): void {
    if (epoch <= this.#epoch) return;
    this.#epoch = epoch;
    this.#outbox.dropWaiting();
    this.#thread?.post({ kind: 'interrupt', session: this.session, epoch, fromFrame });
  }

  async #sendClip({ requestId, name }: protocol.RequestClip): Promise<void> {
    try {
      if (this.#avatar === undefined || this.#isSendingClip) {
        throw new AvatarError('RATE_LIMITED', 'one clip at a time; wait for the answer');
      }
      this.#isSendingClip = true;
      const { sampleRateHz, samples } = await this.#host.clip(this.#avatar.asset.id, name);
      this.#send(
        encodeMessage(protocol.EngineMessage.clip, clipPayload(requestId, sampleRateHz, samples)),
      );
    } catch (error) {
      this.#refuse(requestId, toAvatarError(error));
    } finally {
      this.#isSendingClip = false;
    }
  }

  #refuse(requestId: number, { code, message }: AvatarError): void {
    this.#reply({ requestId, error: { code, message } });
  }

  #reply(reply: protocol.Reply): void {
    this.#send(encodeJsonMessage(protocol.EngineMessage.reply, reply));
  }

  #send(message: Buffer): void {
    if (this.#stage === 'closed' || !this.#socket.writable) return;
    if (this.#socket.writableLength + message.length > MAX_UNREAD_BYTES) this.close();
    else this.#socket.write(message);
  }

  #end(): void {
    if (this.#stage === 'closed') return;
    this.#stage = 'closed';
    clearTimeout(this.#openTimer);
    this.#thread?.post({ kind: 'close', session: this.session });
    this.#host.forget(this, this.#meter, this.#outcome);
  }
}

function clipPayload(requestId: number, sampleRateHz: number, samples: Int16Array): Buffer {
  const bytes = 8 + samples.length * 2;
  if (bytes + 1 > protocol.MAX_ENGINE_MESSAGE_BYTES) {
    throw new AvatarError('SOURCE_TOO_LARGE', `the clip has ${bytes} bytes; use a shorter one`);
  }
  const payload = Buffer.allocUnsafe(bytes);
  payload.writeUInt32LE(requestId, 0);
  payload.writeUInt32LE(sampleRateHz, 4);
  for (let i = 0; i < samples.length; i += 1) payload.writeInt16LE(samples[i]!, 8 + 2 * i); // i < length
  return payload;
}
