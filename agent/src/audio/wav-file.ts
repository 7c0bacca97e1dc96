/**
 * Reads WAV files: PCM 8/16/24/32 bit and IEEE float 32/64, mono or stereo, 8–96 kHz.
 * Layout: RIFF header, then chunks [4-byte id][u32 size][payload, padded to even]; `fmt ` before `data`.
 */
import { AvatarError } from '../errors.ts';

/** Decoded audio, mixed down to mono. */
export type WavAudio = {
  /** −1…1. */
  readonly samples: Float32Array;
  readonly sampleRateHz: number;
};

export type WavLimits = {
  /** Longest file accepted, s. Default 60. */
  readonly maxSeconds?: number;
};

const MIN_RATE_HZ = 8000;
const MAX_RATE_HZ = 96_000;
const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
/** The real format is in the extension's GUID, first two bytes. */
const FORMAT_EXTENSIBLE = 0xfffe;

type WavFormat = { code: number; channels: number; sampleRateHz: number; bits: number };

/**
 * Decode a whole WAV file. `name` is only for messages.
 * @throws AvatarError SOURCE_UNREADABLE | SOURCE_TOO_LARGE
 */
export function parseWav(bytes: Uint8Array, name: string, limits: WavLimits = {}): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isWave = bytes.length >= 12 && tag(view, 0) === 'RIFF' && tag(view, 8) === 'WAVE';
  if (!isWave) throw unreadable(name, 'is not a WAV file');
  let format: WavFormat | undefined;
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true);
    const start = at + 8;
    // Programs that stream WAV leave 0 or 0xFFFFFFFF as size: the data then reaches to the end of the file.
    const end = Math.min(bytes.length, start + size);
    if (tag(view, at) === 'fmt ') {
      format = readFormat(view, start, end, name);
    } else if (tag(view, at) === 'data') {
      if (!format) throw unreadable(name, 'has no format chunk before its data');
      const dataEnd = size === 0 ? bytes.length : end;
      return decode(view, start, dataEnd, format, { name, maxSeconds: limits.maxSeconds ?? 60 });
    }
    at = start + size + (size % 2);
  }
  throw unreadable(name, 'has no data chunk');
}

/** Encode mono 16-bit PCM as a WAV file. */
export function writeWav(samples: Int16Array, sampleRateHz: number): Uint8Array {
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const writeTag = (at: number, text: string): void => {
    for (let i = 0; i < 4; i += 1) view.setUint8(at + i, text.charCodeAt(i));
  };
  writeTag(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  writeTag(8, 'WAVE');
  writeTag(12, 'fmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, FORMAT_PCM, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  writeTag(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i += 1) view.setInt16(44 + i * 2, samples[i]!, true);
  return bytes;
}

/** −1…1 → 16-bit PCM, rounded and clipped; NaN becomes 0. */
export function toPcm16(samples: Float32Array): Int16Array {
  const pcm = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i += 1) {
    pcm[i] = Math.max(-32_768, Math.min(32_767, Math.round(samples[i]! * 32_768)));
  }
  return pcm;
}

function readFormat(view: DataView, start: number, end: number, name: string): WavFormat {
  if (end - start < 16) throw unreadable(name, 'has a broken format chunk');
  let code = view.getUint16(start, true);
  if (code === FORMAT_EXTENSIBLE && end - start >= 26) code = view.getUint16(start + 24, true);
  const format = {
    code,
    channels: view.getUint16(start + 2, true),
    sampleRateHz: view.getUint32(start + 4, true),
    bits: view.getUint16(start + 14, true),
  };
  const { channels, sampleRateHz, bits } = format;
  const supported =
    (code === FORMAT_PCM && [8, 16, 24, 32].includes(bits)) ||
    (code === FORMAT_FLOAT && [32, 64].includes(bits));
  if (!supported) {
    throw unreadable(name, `holds ${bits}-bit audio of format ${code}, not PCM or float`);
  }
  if (channels < 1 || channels > 2) {
    throw unreadable(name, `has ${channels} channels, one or two are possible`);
  }
  if (sampleRateHz < MIN_RATE_HZ || sampleRateHz > MAX_RATE_HZ) {
    throw unreadable(name, `has ${sampleRateHz} samples per second, 8000 to 96000 are possible`);
  }
  return format;
}

function decode(
  view: DataView,
  start: number,
  end: number,
  format: WavFormat,
  limits: { name: string; maxSeconds: number },
): WavAudio {
  const { channels, sampleRateHz, bits } = format;
  const sampleBytes = bits / 8;
  const count = Math.floor((end - start) / (sampleBytes * channels));
  if (count === 0) {
    throw new AvatarError(
      'SOURCE_UNREADABLE',
      `${limits.name} holds no sound (0 s); record or export it again`,
    );
  }
  if (count > limits.maxSeconds * sampleRateHz) {
    const seconds = (count / sampleRateHz).toFixed(1);
    throw new AvatarError(
      'SOURCE_TOO_LARGE',
      `${limits.name} is ${seconds} s long, at most ${limits.maxSeconds} s are used; cut it`,
    );
  }
  const read = sampleReader(view, format);
  const samples = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      sum += read(start + (i * channels + channel) * sampleBytes);
    }
    const value = sum / channels;
    samples[i] = Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0;
  }
  return { samples, sampleRateHz };
}

function sampleReader(view: DataView, { code, bits }: WavFormat): (at: number) => number {
  if (code === FORMAT_FLOAT) {
    return bits === 64 ? (at) => view.getFloat64(at, true) : (at) => view.getFloat32(at, true);
  }
  switch (bits) {
    case 8:
      return (at) => (view.getUint8(at) - 128) / 128;
    case 16:
      return (at) => view.getInt16(at, true) / 32_768;
    case 24:
      return (at) => (view.getInt16(at + 1, true) * 256 + view.getUint8(at)) / 8_388_608;
    default:
      return (at) => view.getInt32(at, true) / 2_147_483_648;
  }
}

function tag(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function unreadable(name: string, what: string): AvatarError {
  return new AvatarError(
    'SOURCE_UNREADABLE',
    `${name} ${what}; convert it with \`ffmpeg -i ${name} -ac 1 -ar 48000 out.wav\``,
  );
}
