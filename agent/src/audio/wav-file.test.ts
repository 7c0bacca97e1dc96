import { describe, expect, it } from 'vitest';
import { parseWav, toPcm16, writeWav } from './wav-file.ts';

type Shape = { code: number; channels: number; rate: number; bits: number };

/** A WAV file with the given format and raw data bytes. */
function wav(
  { code, channels, rate, bits }: Shape,
  data: Uint8Array,
  dataSize = data.length,
): Uint8Array {
  const bytes = new Uint8Array(44 + data.length);
  bytes.set(writeWav(new Int16Array(0), rate));
  const view = new DataView(bytes.buffer);
  view.setUint16(20, code, true);
  view.setUint16(22, channels, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, dataSize, true);
  bytes.set(data, 44);
  return bytes;
}

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('parseWav', () => {
  it('returns what writeWav wrote', () => {
    const pcm = Int16Array.of(0, 1, -1, 32_767, -32_768, 1234);
    const audio = parseWav(writeWav(pcm, 22_050), 'a.wav');
    expect(audio.sampleRateHz).toBe(22_050);
    expect([...toPcm16(audio.samples)]).toEqual([...pcm]);
  });

  it('reads 8, 24 and 32 bit PCM and floats', () => {
    const mono = { code: 1, channels: 1, rate: 8000 };
    expect([
      ...parseWav(wav({ ...mono, bits: 8 }, Uint8Array.of(128, 192, 0)), 'a').samples,
    ]).toEqual([0, 0.5, -1]);
    const three = Uint8Array.of(0, 0, 0x40, 0, 0, 0x80);
    expect([...parseWav(wav({ ...mono, bits: 24 }, three), 'a').samples]).toEqual([0.5, -1]);
    const four = bytesOf(Int32Array.of(2 ** 30, -(2 ** 31)));
    expect([...parseWav(wav({ ...mono, bits: 32 }, four), 'a').samples]).toEqual([0.5, -1]);
    const floats = bytesOf(Float32Array.of(0.25, 3, Number.NaN));
    expect([...parseWav(wav({ ...mono, code: 3, bits: 32 }, floats), 'a').samples]).toEqual([
      0.25, 1, 0,
    ]);
    const doubles = bytesOf(Float64Array.of(0.125));
    expect([...parseWav(wav({ ...mono, code: 3, bits: 64 }, doubles), 'a').samples]).toEqual([
      0.125,
    ]);
  });

  it('mixes 96 kHz stereo to mono', () => {
    const data = bytesOf(Int16Array.of(16_384, 0, -16_384, 16_384));
    const audio = parseWav(wav({ code: 1, channels: 2, rate: 96_000, bits: 16 }, data), 'a');
    expect(audio.sampleRateHz).toBe(96_000);
    expect([...audio.samples]).toEqual([0.25, 0]);
  });

  it('skips other chunks, with their padding byte', () => {
    const plain = writeWav(Int16Array.of(8192), 8000);
    const list = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 1, 2, 3, 0);
    const bytes = new Uint8Array([...plain.slice(0, 36), ...list, ...plain.slice(36)]);
    expect([...parseWav(bytes, 'a').samples]).toEqual([0.25]);
  });

  it.each([0, 0xffff_ffff])('reads to the end when a streaming writer left size %i', (size) => {
    const data = bytesOf(Int16Array.of(1, 2, 3));
    const bytes = wav({ code: 1, channels: 1, rate: 8000, bits: 16 }, data, size);
    expect(parseWav(bytes, 'a').samples.length).toBe(3);
  });

  it('refuses 0 s with the file name and a cure', () => {
    expect(() => parseWav(writeWav(new Int16Array(0), 48_000), 'clips/hi.wav')).toThrow(
      /^clips\/hi\.wav holds no sound \(0 s\); record or export it again$/,
    );
  });

  it('refuses more than 60 s, odd rates, six channels, compressed audio and other files', () => {
    const shape = { code: 1, channels: 1, rate: 8000, bits: 16 };
    const two = new Uint8Array(24);
    expect(() => parseWav(writeWav(new Int16Array(8000 * 61), 8000), 'a')).toThrow(/61\.0 s long/);
    expect(() => parseWav(wav({ ...shape, rate: 192_000 }, two), 'a')).toThrow(/192000 samples/);
    expect(() => parseWav(wav({ ...shape, channels: 6 }, two), 'a')).toThrow(/6 channels/);
    expect(() => parseWav(wav({ ...shape, code: 85 }, two), 'a')).toThrow(/format 85/);
    expect(() => parseWav(new TextEncoder().encode('ID3 this is an mp3'), 'a')).toThrow(
      /not a WAV/,
    );
    expect(() => parseWav(new Uint8Array(0), 'a')).toThrow(/not a WAV/);
    expect(() => parseWav(writeWav(Int16Array.of(1), 8000).slice(0, 36), 'a')).toThrow(/no data/);
  });
});
