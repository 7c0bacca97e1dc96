import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { z } from 'zod';
import { AvatarError, ERRORS } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { avatarSummarySchema } from '../api/contract.ts';
import type { AvatarSummary } from '../api/contract.ts';
import { SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import { encodeJsonMessage, writeMessageHeader } from '../engine/message-reader.ts';
import {
  AUDIO_PAYLOAD_BYTES,
  EngineMessage,
  JobMessage,
  MESSAGE_HEADER_BYTES,
  replySchema,
  sessionOpenedSchema,
} from '../engine/protocol.ts';
import type {
  Goodbye,
  Interrupt,
  OpenSession,
  SessionOpened,
  SessionStats,
} from '../engine/protocol.ts';
import { EngineMessageReader } from './engine-message-reader.ts';
import type { FramePool, PooledFrame } from './frame-pool.ts';
import { PendingRequests } from './pending-requests.ts';

/** How long the engine may take to answer a request, ms. */
const REQUEST_TIMEOUT_MS = 5000;
const CONNECT_TIMEOUT_MS = 2000;
/** Audio messages the socket may hold back before new ones are dropped (0.6 s: then the engine hangs). */
const MAX_UNSENT_AUDIO = 32;
const SOCKET_BUFFER_BYTES = 256 * 1024;

/** Sample clip as the engine sends it. */
export type ClipAudio = { readonly sampleRateHz: number; readonly samples: Int16Array };

/** What a session wants to hear from its engine. */
export type EngineClientEvents = {
  onFrame(frame: PooledFrame): void;
  /** The connection is gone (not called after `close`). */
  onClosed(error: AvatarError): void;
};

/** One session's connection to the engine: typed requests, audio out, frames in. Every failure is an AvatarError. */
export class EngineClient {
  readonly #socket: Socket;
  readonly #events: EngineClientEvents;
  readonly #pending = new PendingRequests(REQUEST_TIMEOUT_MS);
  readonly #audioMessages: Buffer[];
  #nextRequestId = 1;
  #audioSent = 0;
  #audioDropped = 0;
  #isConnected = false;
  #closed = false;

  /** Request id under which the answer to `open` is awaited: the engine's `opened` message carries none. */
  static readonly #openRequestId = 0;

  /** Connect to the engine's socket. @throws AvatarError ENGINE_UNAVAILABLE */
  static async connect(
    socketPath: string,
    pool: FramePool,
    events: EngineClientEvents,
  ): Promise<EngineClient> {
    return await new Promise((resolve, reject) => {
      const fail = (cause: string) => {
        clearTimeout(timer);
        socket.destroy();
        reject(unavailable(`cannot connect to the engine at ${socketPath}: ${cause}`));
      };
      const timer = setTimeout(() => fail('no answer'), CONNECT_TIMEOUT_MS);
      // One reused read buffer for the life of the connection: frames are 10 MB/s.
      const socket = connect({
        path: socketPath,
        onread: {
          buffer: Buffer.alloc(SOCKET_BUFFER_BYTES),
          callback: (count, buffer) => {
            client.#read(buffer.subarray(0, count));
            return true;
          },
        },
      });
      const client = new EngineClient(socket, pool, events);
      socket.once('connect', () => {
        clearTimeout(timer);
        client.#isConnected = true;
        resolve(client);
      });
      socket.once('error', (error) => fail(error.message));
    });
  }

  readonly #reader: EngineMessageReader;

  private constructor(socket: Socket, pool: FramePool, events: EngineClientEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#reader = new EngineMessageReader(pool, {
      onFrame: (frame) => events.onFrame(frame),
      onMessage: (type, payload) => this.#onMessage(type, payload),
    });
    // The socket keeps a reference to each buffer until it is written; MAX_UNSENT_AUDIO bounds how many that can be.
    this.#audioMessages = Array.from({ length: 2 * MAX_UNSENT_AUDIO }, () => {
      const buffer = Buffer.alloc(MESSAGE_HEADER_BYTES + AUDIO_PAYLOAD_BYTES);
      writeMessageHeader(buffer, 0, JobMessage.audio, AUDIO_PAYLOAD_BYTES);
      return buffer;
    });
    socket.on('error', (error) => this.#onSocketEnd(error.message));
    socket.on('close', () => this.#onSocketEnd('connection closed'));
  }

  /** Audio chunks dropped because the engine did not read, since the start. */
  get droppedChunks(): number {
    return this.#audioDropped;
  }

  /** First request of a connection. @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY | SESSION_LIMIT_REACHED | ENGINE_UNAVAILABLE */
  async open(request: OpenSession): Promise<SessionOpened> {
    const answer = this.#expect(EngineClient.#openRequestId, 'open');
    this.#sendJson(JobMessage.open, request);
    return parse(sessionOpenedSchema, await answer);
  }

  /** Switch the avatar. @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY */
  async select(avatarId: string): Promise<SessionOpened> {
    return parse(
      sessionOpenedSchema,
      await this.#request(JobMessage.select, 'select', { avatarId }),
    );
  }

  /** All avatars. */
  async list(): Promise<AvatarSummary[]> {
    return parse(avatarSummarySchema.array(), await this.#request(JobMessage.list, 'list', {}));
  }

  /** A sample clip of the current avatar. @throws AvatarError CLIP_NOT_FOUND */
  async clip(name: string): Promise<ClipAudio> {
    return (await this.#request(JobMessage.clip, 'clip', { name })) as ClipAudio;
  }

  /** Frames from `fromFrame` on are rendered anew, as silence until newer audio arrives. */
  interrupt(message: Interrupt): void {
    this.#sendJson(JobMessage.interrupt, message);
  }

  /** The engine keeps the latest. */
  sendStats(stats: SessionStats): void {
    this.#sendJson(JobMessage.stats, stats);
  }

  /** Send chunk `chunkIndex` (SAMPLES_PER_CHUNK samples at 16 kHz). Dropped and counted when the engine hangs. */
  sendAudio(epoch: number, chunkIndex: number, samples: Int16Array): void {
    if (this.#closed) return;
    const message = this.#audioMessages[this.#audioSent % this.#audioMessages.length]!;
    if (this.#socket.writableLength > MAX_UNSENT_AUDIO * message.length) {
      this.#audioDropped += 1;
      return;
    }
    this.#audioSent += 1;
    message.writeUInt32LE(epoch, MESSAGE_HEADER_BYTES);
    message.writeUInt32LE(chunkIndex, MESSAGE_HEADER_BYTES + 4);
    for (let i = 0; i < SAMPLES_PER_CHUNK; i++) {
      message.writeInt16LE(samples[i]!, MESSAGE_HEADER_BYTES + 8 + 2 * i);
    }
    this.#socket.write(message);
  }

  /** End the session; pending requests fail with SESSION_CLOSED. `goodbye`: how it ended, for the engine's counts. */
  close(goodbye?: Goodbye): void {
    if (this.#closed) return;
    if (goodbye) this.#sendJson(JobMessage.goodbye, goodbye);
    this.#closed = true;
    this.#socket.destroySoon();
    this.#pending.failAll(new AvatarError('SESSION_CLOSED', 'the session has ended'));
  }

  #request(type: number, what: string, body: Record<string, unknown>): Promise<unknown> {
    const requestId = this.#nextRequestId++;
    const answer = this.#expect(requestId, what);
    this.#sendJson(type, { requestId, ...body });
    return answer;
  }

  #expect(requestId: number, what: string): Promise<unknown> {
    if (this.#closed) return Promise.reject(unavailable('the connection to the engine is closed'));
    return this.#pending.wait(requestId, what);
  }

  #sendJson(type: number, body: unknown): void {
    if (this.#closed) return;
    this.#socket.write(encodeJsonMessage(type, body));
  }

  #read(bytes: Uint8Array): void {
    if (this.#closed) return;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#socket.destroy();
      this.#onSocketEnd(error instanceof Error ? error.message : String(error));
    }
  }

  #onMessage(type: number, payload: Buffer): void {
    if (type === EngineMessage.opened) {
      this.#pending.resolve(EngineClient.#openRequestId, JSON.parse(payload.toString()));
    } else if (type === EngineMessage.clip) {
      const sampleRateHz = payload.readUInt32LE(4);
      // A copy: Int16Array views need an even offset, which a payload of 8 + n bytes in its own buffer has by chance only.
      const samples = new Int16Array((payload.length - 8) >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = payload.readInt16LE(8 + 2 * i);
      this.#pending.resolve(payload.readUInt32LE(0), { sampleRateHz, samples } satisfies ClipAudio);
    } else if (type === EngineMessage.reply) {
      const reply = parse(replySchema, JSON.parse(payload.toString()));
      // An error to `open` has no request id of its own: while open is awaited, every error is its answer.
      const requestId = this.#pending.has(EngineClient.#openRequestId)
        ? EngineClient.#openRequestId
        : reply.requestId;
      const { error } = reply;
      if (error)
        this.#pending.fail(requestId, new AvatarError(knownCode(error.code), error.message));
      else this.#pending.resolve(requestId, reply.result);
    } else {
      throw new AvatarError('PROTOCOL_VIOLATION', `the engine sent an unknown message ${type}`);
    }
  }

  #onSocketEnd(cause: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const error = unavailable(`the connection to the engine was lost: ${cause}`);
    this.#pending.failAll(error);
    // A connection that never was is reported by `connect` itself.
    if (this.#isConnected) this.#events.onClosed(error);
  }
}

const unavailable = (message: string) => new AvatarError('ENGINE_UNAVAILABLE', message);

function knownCode(code: string): ErrorCode {
  return code in ERRORS ? (code as ErrorCode) : 'INTERNAL';
}

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new AvatarError('PROTOCOL_VIOLATION', `the engine's answer: ${result.error.message}`);
}
