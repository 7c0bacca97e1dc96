/** A bare client of the engine socket for tests: sends any bytes, keeps every answer and frame. */
import { connect, type Socket } from 'node:net';
import {
  encodeJsonMessage,
  MessageReader,
  writeMessageHeader,
} from '../../src/engine/message-reader.ts';
import {
  AUDIO_PAYLOAD_BYTES,
  EngineMessage,
  FRAME_HEADER_BYTES,
  JobMessage,
  MAX_ENGINE_MESSAGE_BYTES,
  MESSAGE_HEADER_BYTES,
  readFrameHeader,
  type FrameHeader,
  type Reply,
  type SessionOpened,
  emptyFrameHeader,
} from '../../src/engine/protocol.ts';
import { SAMPLES_PER_CHUNK } from '../../src/pipeline/timeline.ts';

/** A frame as it arrived. */
export type ReceivedFrame = FrameHeader & { readonly planes: Buffer; readonly atMs: number };

/** See the head of this file. */
export class TestEngineClient {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  readonly replies: Reply[] = [];
  readonly clips: Buffer[] = [];
  opened: SessionOpened | undefined;
  isClosed = false;
  nextChunk = 0;
  epoch = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    const reader = new MessageReader(MAX_ENGINE_MESSAGE_BYTES, (type, payload) => {
      if (type === EngineMessage.frame) this.#takeFrame(payload);
      else if (type === EngineMessage.clip) this.clips.push(Buffer.from(payload));
      else {
        const value = JSON.parse(payload.toString()) as unknown;
        if (type === EngineMessage.opened) this.opened = value as SessionOpened;
        else this.replies.push(value as Reply);
      }
    });
    socket.on('data', (bytes: Buffer) => reader.push(bytes));
    socket.on('close', () => (this.isClosed = true));
    socket.on('error', () => (this.isClosed = true));
  }

  static connect(path: string): Promise<TestEngineClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new TestEngineClient(socket)));
      socket.once('error', reject);
    });
  }

  /** Connect, open a session and wait for the answer. */
  static async open(path: string, avatarId: string): Promise<TestEngineClient> {
    const client = await TestEngineClient.connect(path);
    client.send(JobMessage.open, { avatarId, sessionId: `test-${avatarId}` });
    await client.until(() => client.opened !== undefined || client.isClosed);
    return client;
  }

  send(type: number, value: unknown): void {
    this.socket.write(encodeJsonMessage(type, value));
  }

  /** Send the next chunk, `sample(i)` in −1…1 over its samples. */
  sendChunk(sample: (i: number) => number, chunkIndex = this.nextChunk): void {
    const message = Buffer.alloc(MESSAGE_HEADER_BYTES + AUDIO_PAYLOAD_BYTES);
    writeMessageHeader(message, 0, JobMessage.audio, AUDIO_PAYLOAD_BYTES);
    message.writeUInt32LE(this.epoch, MESSAGE_HEADER_BYTES);
    message.writeUInt32LE(chunkIndex, MESSAGE_HEADER_BYTES + 4);
    for (let i = 0; i < SAMPLES_PER_CHUNK; i += 1) {
      const value = Math.round(32767 * sample(chunkIndex * SAMPLES_PER_CHUNK + i));
      message.writeInt16LE(value, MESSAGE_HEADER_BYTES + 8 + 2 * i);
    }
    this.nextChunk = chunkIndex + 1;
    this.socket.write(message);
  }

  /** Send `count` chunks, each when its time has come. */
  async speak(count: number, sample: (i: number) => number): Promise<void> {
    const startedMs = performance.now();
    for (let i = 0; i < count; i += 1) {
      await sleepUntil(startedMs + i * 20);
      this.sendChunk(sample);
    }
  }

  /** Wait until `isTrue`, at most `limitMs`. @throws Error with `what` */
  async until(isTrue: () => boolean, limitMs = 5000, what = 'something'): Promise<void> {
    const endMs = performance.now() + limitMs;
    while (!isTrue()) {
      if (performance.now() > endMs) throw new Error(`${what} did not happen in ${limitMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  close(): void {
    this.socket.destroy();
  }

  #takeFrame(payload: Buffer): void {
    const view = new DataView(payload.buffer, payload.byteOffset, FRAME_HEADER_BYTES);
    const header = readFrameHeader(view, 0, emptyFrameHeader());
    const planes = Buffer.from(payload.subarray(FRAME_HEADER_BYTES));
    this.frames.push({ ...header, planes, atMs: performance.now() });
  }
}

async function sleepUntil(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now();
  if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
}
