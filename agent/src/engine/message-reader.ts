/**
 * Cuts the byte stream of the engine socket into messages (protocol.ts), at either end. Whole messages inside one
 * socket chunk are handed over without a copy; a message that is spread over chunks is put together in one reused
 * buffer that grows to the largest message seen, at most `maxMessageBytes`.
 */
import type { z } from 'zod';
import { AvatarError } from '../errors.ts';
import { MESSAGE_HEADER_BYTES } from './protocol.ts';

/** Takes one message. `payload` is valid during the call only. */
export type MessageSink = (type: number, payload: Buffer) => void;

const LENGTH_BYTES = 4;
const FIRST_BUFFER_BYTES = 4096;

/** Reader of one direction of one connection. */
export class MessageReader {
  readonly #maxMessageBytes: number;
  readonly #sink: MessageSink;
  #partial = Buffer.allocUnsafe(FIRST_BUFFER_BYTES);
  #partialBytes = 0;

  /** `maxMessageBytes` limits type + payload: MAX_JOB_MESSAGE_BYTES or MAX_ENGINE_MESSAGE_BYTES. */
  constructor(maxMessageBytes: number, sink: MessageSink) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#sink = sink;
  }

  /** Take what the socket gave. @throws AvatarError PROTOCOL_VIOLATION on an impossible length; then close the socket. */
  push(bytes: Buffer): void {
    let offset = 0;
    while (offset < bytes.length) {
      if (this.#partialBytes > 0) offset += this.#complete(bytes, offset);
      else if (bytes.length - offset < LENGTH_BYTES)
        offset += this.#keep(bytes, offset, bytes.length);
      else {
        const end = offset + LENGTH_BYTES + this.#checkedLength(bytes.readUInt32LE(offset));
        if (end > bytes.length) offset += this.#keep(bytes, offset, bytes.length);
        else {
          this.#emit(bytes, offset, end);
          offset = end;
        }
      }
    }
  }

  /** Add bytes to the message begun before; emits it when it is whole. Returns the bytes used. */
  #complete(bytes: Buffer, offset: number): number {
    let used = 0;
    if (this.#partialBytes < LENGTH_BYTES) {
      const wanted = LENGTH_BYTES - this.#partialBytes;
      used = this.#keep(bytes, offset, Math.min(bytes.length, offset + wanted));
      if (this.#partialBytes < LENGTH_BYTES) return used;
    }
    const total = LENGTH_BYTES + this.#checkedLength(this.#partial.readUInt32LE(0));
    const from = offset + used;
    used += this.#keep(
      bytes,
      from,
      Math.min(bytes.length, from + total - this.#partialBytes),
      total,
    );
    if (this.#partialBytes === total) {
      this.#partialBytes = 0;
      this.#emit(this.#partial, 0, total);
    }
    return used;
  }

  #keep(bytes: Buffer, from: number, to: number, capacity = FIRST_BUFFER_BYTES): number {
    const needed = Math.max(capacity, this.#partialBytes + to - from);
    if (needed > this.#partial.length) {
      const larger = Buffer.allocUnsafe(needed);
      this.#partial.copy(larger, 0, 0, this.#partialBytes);
      this.#partial = larger;
    }
    bytes.copy(this.#partial, this.#partialBytes, from, to);
    this.#partialBytes += to - from;
    return to - from;
  }

  #checkedLength(length: number): number {
    if (length < 1 || length > this.#maxMessageBytes) {
      throw new AvatarError(
        'PROTOCOL_VIOLATION',
        `a message on the engine socket states ${length} bytes; 1 to ${this.#maxMessageBytes} are allowed`,
      );
    }
    return length;
  }

  #emit(bytes: Buffer, start: number, end: number): void {
    const type = bytes[start + LENGTH_BYTES] ?? 0;
    this.#sink(type, bytes.subarray(start + MESSAGE_HEADER_BYTES, end));
  }
}

/** A message with a JSON payload, ready to write. */
export function encodeJsonMessage(type: number, value: unknown): Buffer {
  return encodeMessage(type, Buffer.from(JSON.stringify(value), 'utf8'));
}

/** A message with a binary payload, ready to write (copies the payload; frames use their own buffers). */
export function encodeMessage(type: number, payload: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(MESSAGE_HEADER_BYTES + payload.length);
  writeMessageHeader(message, 0, type, payload.length);
  message.set(payload, MESSAGE_HEADER_BYTES);
  return message;
}

/** Write length and type of a message with `payloadBytes` of payload. */
export function writeMessageHeader(
  target: Uint8Array,
  offset: number,
  type: number,
  payloadBytes: number,
): void {
  const length = payloadBytes + 1;
  target[offset] = length & 255;
  target[offset + 1] = (length >>> 8) & 255;
  target[offset + 2] = (length >>> 16) & 255;
  target[offset + 3] = length >>> 24;
  target[offset + 4] = type;
}

/** Parse and check a JSON payload. @throws AvatarError PROTOCOL_VIOLATION naming the field that is wrong. */
export function decodeJson<T>(schema: z.ZodType<T>, payload: Buffer, name: string): T {
  let value: unknown;
  try {
    value = JSON.parse(payload.toString('utf8'));
  } catch (cause) {
    throw new AvatarError('PROTOCOL_VIOLATION', `the ${name} message is not JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'it' : issue.path.join('.');
  throw new AvatarError(
    'PROTOCOL_VIOLATION',
    `the ${name} message is invalid: ${field}: ${issue?.message ?? 'unknown problem'}`,
  );
}
