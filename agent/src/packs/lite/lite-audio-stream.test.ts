import { readFileSync } from 'node:fs';
import { parseWav } from '../../audio/wav-file.ts';
import { resample } from '../../audio/resampler.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import { MEL_BINS, StreamingLogMel } from '../../features/log-mel.ts';
import { RunningMean } from '../../features/running-mean.ts';
import { InferenceModel } from '../../models/inference-session.ts';
import { LevelNormaliser } from './level-normaliser.ts';
import { LITE_LOOK_AHEAD_MS, LiteAudioStream } from './lite-audio-stream.ts';
import { MouthDecoder, mouthTableSchema } from './mouth-decoder.ts';

const modelDir = new URL('../../../../models/lite/', import.meta.url);
const table = mouthTableSchema.parse(
  JSON.parse(readFileSync(new URL('mouth.json', modelDir), 'utf8')),
);
let network: InferenceModel;

beforeAll(async () => {
  network = await InferenceModel.load(new URL('mouth.onnx', modelDir).pathname);
});

const openStream = (): LiteAudioStream =>
  new LiteAudioStream({
    network,
    decoder: new MouthDecoder(table),
    priorMean: Float32Array.from(table.priorMean),
    parameterCount: 12,
  });

/** Formant frequencies of the vowel in "father", Hz (Peterson & Barney 1952, men). */
const FORMANTS_HZ = [730, 1090, 2440];
const FORMANT_BANDWIDTH_HZ = [60, 90, 150];

/** One second of silence, then one second of an open vowel: glottal pulses through three resonances, peak 0.5. */
function openVowel(): Float32Array {
  const samples = new Float32Array(32_000);
  const resonances = FORMANTS_HZ.map((hz, i) => {
    const radius = Math.exp((-Math.PI * FORMANT_BANDWIDTH_HZ[i]!) / 16_000);
    const a1 = 2 * radius * Math.cos((2 * Math.PI * hz) / 16_000);
    return { a1, a2: -radius * radius, last: 0, beforeLast: 0 };
  });
  let glottal = 0;
  for (let n = 16_000; n < samples.length; n++) {
    // Pitch wobbles around 123 Hz; the leaky sum gives the glottis' fall towards high frequencies.
    glottal = 0.93 * glottal + (n % Math.round(130 + 12 * Math.sin(n / 3000)) === 0 ? 1 : 0);
    let value = glottal;
    for (const r of resonances) {
      const out = (1 - r.a1 - r.a2) * value + r.a1 * r.last + r.a2 * r.beforeLast;
      r.beforeLast = r.last;
      r.last = out;
      value = out;
    }
    samples[n] = value;
  }
  const peak = samples.reduce((top, sample) => Math.max(top, Math.abs(sample)), 0);
  return samples.map((sample) => (sample / peak) * 0.5);
}

async function cues(
  samples: Float32Array,
  chunk = 320,
  only?: Set<number>,
): Promise<Float32Array[]> {
  const stream = openStream();
  const result: Float32Array[] = [];
  let frame = 0;
  for (let at = 0; at < samples.length; at += chunk) {
    stream.push(samples.subarray(at, at + chunk));
    for (; stream.isReady(frame); frame++) {
      if (!only || only.has(frame)) result[frame] = (await stream.cue(frame)).parameters.slice();
    }
  }
  return result;
}

/** A shipped sample clip at 16 kHz: real syllables from a synthesiser. */
function readSpeech(clip: 'hello' | 'numbers'): Float32Array {
  const wav = parseWav(
    readFileSync(new URL(`../../../../avatars/ava/clips/${clip}.wav`, import.meta.url)),
    clip,
  );
  return resample(wav.samples, wav.sampleRateHz, 16_000);
}

/** The network's input for a whole sound, bins × steps, after 66 steps of quiet (what it looks back). */
function wholeInput(samples: Float32Array): { data: Float32Array; steps: number } {
  const level = new LevelNormaliser();
  const prior = Float32Array.from(table.priorMean);
  const mean = new RunningMean(prior);
  const columns = Array.from({ length: 66 }, () => prior.map((value) => -0.75 - value));
  const mel = new StreamingLogMel(1e-7);
  for (let at = 0; at < samples.length; at += 320) {
    const chunk = samples.subarray(at, at + 320);
    level.follow(chunk);
    mel.push(chunk, (frame) => {
      const column = frame.map((value) => (Math.max(value + level.log10EnergyGain, -7) + 4) / 4);
      mean.subtract(column);
      columns.push(column);
    });
  }
  const data = new Float32Array(MEL_BINS * columns.length);
  columns.forEach((column, step) => {
    column.forEach((value, bin) => (data[bin * columns.length + step] = value));
  });
  return { data, steps: columns.length };
}

/** Pearson correlation, and the second's standard deviation over the first's. */
function compare(a: number[], b: number[]): { correlation: number; deviationRatio: number } {
  const average = (values: number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanA = average(a);
  const meanB = average(b);
  const deviationA = Math.sqrt(average(a.map((value) => (value - meanA) ** 2)));
  const deviationB = Math.sqrt(average(b.map((value) => (value - meanB) ** 2)));
  const covariance = average(a.map((value, i) => (value - meanA) * (b[i]! - meanB)));
  return {
    correlation: covariance / deviationA / deviationB,
    deviationRatio: deviationB / deviationA,
  };
}

const mean = (frames: Float32Array[], parameter: string, from: number, to: number): number => {
  const index = table.parameters.indexOf(parameter);
  return frames.slice(from, to).reduce((sum, frame) => sum + frame[index]!, 0) / (to - from);
};

describe('lite audio stream', () => {
  it('states its look-ahead', () => {
    expect(LITE_LOOK_AHEAD_MS).toBe(72.5);
  });

  it('opens the jaw on an open vowel and rests in silence', async () => {
    const frames = await cues(openVowel());
    expect(mean(frames, 'jawOpen', 2, 22)).toBeLessThan(0.08);
    expect(mean(frames, 'jawOpen', 28, 44)).toBeGreaterThan(0.25);
  });

  it('rounds the lips in "two" and spreads them in "three"', async () => {
    const frames = await cues(readSpeech('numbers'));
    const rounding = (from: number, to: number): number =>
      mean(frames, 'mouthPucker', from, to) + mean(frames, 'mouthFunnel', from, to);
    // seen in the clip's spectrogram: the vowel of "two" at 0.68–0.80 s, the end of that of "three" at 1.20–1.28 s
    expect(rounding(17, 20)).toBeGreaterThan(0.8);
    expect(rounding(30, 32)).toBeLessThan(0.2);
  });

  it('moves as far for a quiet voice as for a loud one', async () => {
    const speech = readSpeech('hello');
    const loud = (await cues(speech)).map((frame) => frame[0]!);
    const quiet = (await cues(speech.map((sample) => sample * 0.06))).map((frame) => frame[0]!);
    const { correlation, deviationRatio } = compare(loud, quiet);
    expect(correlation).toBeGreaterThan(0.92);
    expect(deviationRatio).toBeGreaterThan(0.85);
    expect(deviationRatio).toBeLessThan(1.2);
  });

  it('gives the same bits as the network run once over the whole sound', async () => {
    const samples = readSpeech('hello');
    const { data, steps } = wholeInput(samples);
    const outputs = await network.run({
      mel_minus_running_mean: { data, dims: [1, MEL_BINS, steps] },
    });
    const decoder = new MouthDecoder(table);
    const whole = {
      regression: outputs['params']!.data,
      logits: outputs['class_logits']!.data,
      steps,
    };
    const streamed = await cues(samples);
    expect(streamed.length).toBeGreaterThan(50);
    for (const [frame, parameters] of streamed.entries()) {
      const expected = new Float32Array(12);
      decoder.decode(whole, 66 + 8 + 4 * frame, 3, expected);
      expect(parameters).toEqual(expected);
    }
  });

  it('gives the same bits when frames in between are skipped', async () => {
    const samples = openVowel();
    const all = await cues(samples);
    const some = await cues(samples, 320, new Set([30, 40]));
    expect(some[30]).toEqual(all[30]);
    expect(some[40]).toEqual(all[40]);
  });

  it('forgets what it heard when the buffer is cleared', async () => {
    const stream = openStream();
    const samples = openVowel();
    for (let at = 0; at < samples.length; at += 320) stream.push(samples.subarray(at, at + 320));
    stream.clearBuffer();
    const { parameters } = await stream.cue(45);
    expect(parameters[table.parameters.indexOf('jawOpen')]).toBeLessThan(0.1);
  });
});
