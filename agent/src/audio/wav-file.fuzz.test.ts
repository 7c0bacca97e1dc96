import fc from 'fast-check';
import { expect, it } from 'vitest';
import { damaged, damages, FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { parseWav, writeWav } from './wav-file.ts';

const pcm16 = writeWav(
  Int16Array.from({ length: 4000 }, (_, i) => (i * 97) % 30_000),
  16_000,
);
const MAX_SECONDS = 60;

/** The same header with another format; the samples become something else, which is as good. */
function withFormat(code: number, channels: number, bits: number): Uint8Array {
  const bytes = Uint8Array.from(pcm16);
  const view = new DataView(bytes.buffer);
  view.setUint16(20, code, true);
  view.setUint16(22, channels, true);
  view.setUint16(34, bits, true);
  return bytes;
}
const originals = [
  pcm16,
  withFormat(1, 2, 8),
  withFormat(1, 2, 24),
  withFormat(1, 1, 32),
  withFormat(3, 2, 32),
  withFormat(3, 1, 64),
  withFormat(0xfffe, 1, 16),
];

/** Sound that can be played, or an error that names the file. */
function expectAnswer(bytes: Uint8Array): void {
  try {
    const { samples, sampleRateHz } = parseWav(bytes, 'x.wav', { maxSeconds: MAX_SECONDS });
    expect(samples.length).toBeGreaterThan(0);
    // Never more than the file holds: a header cannot ask for memory.
    expect(samples.length).toBeLessThanOrEqual(bytes.length);
    expect(samples.length).toBeLessThanOrEqual(MAX_SECONDS * sampleRateHz);
    expect(samples.every((sample) => sample >= -1 && sample <= 1)).toBe(true);
  } catch (error) {
    if (!(error instanceof AvatarError)) throw error;
    expect(error.code).toMatch(/^SOURCE_(UNREADABLE|TOO_LARGE)$/);
    expect(error.message).toContain('x.wav');
  }
}

it(
  'a damaged WAV file is sound or a clear error',
  () => {
    fc.assert(
      fc.property(fc.constantFrom(...originals), damages(pcm16.length), (original, list) =>
        expectAnswer(damaged(original, list)),
      ),
      fuzzing(3000),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it(
  'any bytes after a RIFF header are sound or a clear error',
  () => {
    const head = Buffer.from('RIFF\0\0\0\0WAVE', 'latin1');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (rest) => {
        expectAnswer(rest);
        expectAnswer(Buffer.concat([head, rest]));
      }),
      fuzzing(3000),
    );
  },
  FUZZ_TIMEOUT_MS,
);

it('ten million empty chunks are passed over soon', () => {
  const bytes = Buffer.alloc(12 + 8 * 10_000_000);
  bytes.write('RIFF\0\0\0\0WAVE', 0, 'latin1');
  expectAnswer(bytes);
});
