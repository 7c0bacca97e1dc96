import { describe, expect, it } from 'vitest';
import { decodeJson, encodeJsonMessage, encodeMessage, MessageReader } from './message-reader.ts';
import { requestClipSchema } from './protocol.ts';

let seed = 7;
const randomBelow = (limit: number): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return Math.floor((seed / 0x1_0000_0000) * limit);
};

const readerInto = (messages: [number, string][], maxBytes = 70_000): MessageReader =>
  new MessageReader(maxBytes, (type, payload) => messages.push([type, payload.toString('latin1')]));

describe('MessageReader', () => {
  it('gives the same messages however the stream is cut', () => {
    const sent: [number, string][] = [];
    const stream: Buffer[] = [];
    for (let i = 0; i < 200; i += 1) {
      const length = i % 17 === 0 ? randomBelow(60_000) : randomBelow(40);
      const payload = Buffer.from(Array.from({ length }, () => randomBelow(256)));
      sent.push([i % 250, payload.toString('latin1')]);
      stream.push(encodeMessage(i % 250, payload));
    }
    const bytes = Buffer.concat(stream);
    for (const largestCut of [1, 7, 700, 65_536, bytes.length]) {
      const got: [number, string][] = [];
      const reader = readerInto(got);
      for (let at = 0; at < bytes.length;) {
        const cut = largestCut === 1 ? 1 : 1 + randomBelow(largestCut);
        reader.push(bytes.subarray(at, at + cut));
        at += cut;
      }
      expect(got).toEqual(sent);
    }
  });

  it.each([
    ['nothing', 0],
    ['more than the limit', 101],
    ['four gigabytes', 0xffff_ffff],
  ])('refuses a message that states %s', (_name, length) => {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt32LE(length);
    expect(() => readerInto([], 100).push(bytes)).toThrow(`states ${length} bytes; 1 to 100`);
    const reader = readerInto([], 100);
    expect(() => {
      for (const byte of bytes) reader.push(Buffer.from([byte]));
    }).toThrow(`states ${length} bytes`);
  });

  it('never crashes on garbage: it either reads messages or refuses', () => {
    for (let round = 0; round < 300; round += 1) {
      const reader = readerInto([], 1000);
      try {
        for (let i = 0; i < 50; i += 1) {
          reader.push(Buffer.from(Array.from({ length: randomBelow(60) }, () => randomBelow(256))));
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'PROTOCOL_VIOLATION' });
      }
    }
  });
});

describe('decodeJson', () => {
  const payloadOf = (value: unknown): Buffer => encodeJsonMessage(5, value).subarray(5);
  it('returns what was encoded', () => {
    const clip = { requestId: 3, name: 'hello' };
    expect(decodeJson(requestClipSchema, payloadOf(clip), 'clip')).toEqual(clip);
  });
  it.each([
    ['no JSON', Buffer.from('{'), 'the clip message is not JSON'],
    ['a wrong type', payloadOf({ requestId: 'x', name: 'a' }), 'requestId'],
    ['an unknown key', payloadOf({ requestId: 1, name: 'a', more: 1 }), 'more'],
    ['no object', payloadOf(null), 'it:'],
  ])('refuses %s', (_name, payload, message) => {
    expect(() => decodeJson(requestClipSchema, payload, 'clip')).toThrow(message);
  });
});
