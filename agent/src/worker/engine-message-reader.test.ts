import { describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import { EngineMessage, FRAME_HEADER_BYTES, writeFrameHeader } from '../engine/protocol.ts';
import { EngineMessageReader } from './engine-message-reader.ts';
import { FramePool } from './frame-pool.ts';
import type { PooledFrame } from './frame-pool.ts';

function message(type: number, payload: Uint8Array): Buffer {
  const buffer = Buffer.alloc(5 + payload.length);
  buffer.writeUInt32LE(1 + payload.length, 0);
  buffer[4] = type;
  buffer.set(payload, 5);
  return buffer;
}

function frameMessage(frameIndex: number, width: number, height: number, pixelBytes: number) {
  const payload = new Uint8Array(FRAME_HEADER_BYTES + pixelBytes).fill(frameIndex);
  writeFrameHeader(new DataView(payload.buffer), 0, {
    epoch: 3,
    frameIndex,
    width,
    height,
    speechRatio: 0.5,
    featuresMs: 1,
    mouthMs: 2,
    compositingMs: 3,
  });
  return message(EngineMessage.frame, payload);
}

function makeReader() {
  const frames: PooledFrame[] = [];
  const messages: [number, string][] = [];
  const reader = new EngineMessageReader(new FramePool(4), {
    onFrame: (frame) => frames.push(frame),
    onMessage: (type, payload) => messages.push([type, payload.toString()]),
  });
  return { reader, frames, messages };
}

describe('EngineMessageReader', () => {
  const stream = Buffer.concat([
    message(EngineMessage.opened, Buffer.from('{"a":1}')),
    frameMessage(1, 4, 2, 12),
    message(EngineMessage.reply, Buffer.alloc(0)),
    frameMessage(2, 4, 2, 12),
  ]);

  it.each([1, 2, 3, 7, 40, 1000])('reads the same messages from pieces of %d bytes', (size) => {
    const { reader, frames, messages } = makeReader();
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    expect(messages).toEqual([
      [EngineMessage.opened, '{"a":1}'],
      [EngineMessage.reply, ''],
    ]);
    expect(frames.map((frame) => [frame.frameIndex, frame.epoch, frame.speechRatio])).toEqual([
      [1, 3, 0.5],
      [2, 3, 0.5],
    ]);
    expect(frames[1]!.data).toEqual(new Uint8Array(12).fill(2));
    expect(frames[1]!.data.buffer.byteLength).toBe(12);
  });

  it('refuses a message over the limit and an empty one', () => {
    const tooLong = Buffer.from([255, 255, 255, 255, EngineMessage.reply]);
    expect(() => makeReader().reader.push(tooLong)).toThrow(AvatarError);
    expect(() => makeReader().reader.push(Buffer.from([0, 0, 0, 0, 1]))).toThrow(/0 bytes/);
  });

  it('refuses a frame whose size does not fit its pixels', () => {
    expect(() => makeReader().reader.push(frameMessage(1, 4, 4, 12))).toThrow(/4×4 frame/);
    expect(() => makeReader().reader.push(frameMessage(1, 3, 2, 9))).toThrow(AvatarError);
  });
});
