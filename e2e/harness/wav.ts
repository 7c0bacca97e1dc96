/** Test signals as wav files for Chromium's fake microphone (which loops the file) and for offline comparison. */
import { readFileSync, writeFileSync } from 'node:fs';

const SAMPLE_RATE_HZ = 48_000;

/** Write mono PCM16 at 48 kHz. */
export function writeWav(path: string, samples: Float32Array): void {
  const bytes = Buffer.alloc(44 + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SAMPLE_RATE_HZ, 24);
  bytes.writeUInt32LE(SAMPLE_RATE_HZ * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) =>
    bytes.writeInt16LE(Math.round(Math.max(-1, Math.min(1, sample)) * 32767), 44 + 2 * i),
  );
  writeFileSync(path, bytes);
}

/** `beepMs` of 1 kHz at half scale, then silence until `periodMs`: the flash-and-beep signal of the `probe` pack. */
export function beeps(periodMs: number, beepMs: number): Float32Array {
  const samples = new Float32Array((periodMs * SAMPLE_RATE_HZ) / 1000);
  const length = (beepMs * SAMPLE_RATE_HZ) / 1000;
  for (let n = 0; n < length; n++)
    samples[n] = 0.5 * Math.sin((2 * Math.PI * 1000 * n) / SAMPLE_RATE_HZ);
  return samples;
}

/** A clip (PCM16 mono wav of any rate) at 48 kHz with silence after it; linear interpolation is enough for a test voice. */
export function speechThenSilence(clipPath: string, silenceMs: number): Float32Array {
  const bytes = readFileSync(clipPath);
  const rateHz = bytes.readUInt32LE(24);
  const dataAt = bytes.indexOf('data', 12, 'latin1') + 8;
  const count = Math.floor((bytes.length - dataAt) / 2);
  const at = (i: number): number => (i < count ? bytes.readInt16LE(dataAt + 2 * i) / 32768 : 0);
  const speechSamples = Math.floor((count * SAMPLE_RATE_HZ) / rateHz);
  const samples = new Float32Array(speechSamples + (silenceMs * SAMPLE_RATE_HZ) / 1000);
  for (let n = 0; n < speechSamples; n++) {
    const position = (n * rateHz) / SAMPLE_RATE_HZ;
    const i = Math.floor(position);
    samples[n] = at(i) + (at(i + 1) - at(i)) * (position - i);
  }
  return samples;
}
