import { describe, expect, it } from 'vitest';
import { SAMPLES_PER_CHUNK } from '../pipeline/timeline.ts';
import { VoiceActivity } from './voice-activity.ts';

const LOOK_AHEAD_CHUNKS = 5;
const CHUNKS_PER_SECOND = 50;

let seed = 1;
const random = (): number => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed / 0x8000_0000 - 1;
};

const chunk = (value: (sample: number) => number, index: number): Float32Array =>
  Float32Array.from({ length: SAMPLES_PER_CHUNK }, (_, i) => value(index * SAMPLES_PER_CHUNK + i));
const tone =
  (dbfs: number, hz = 300) =>
  (sample: number): number =>
    10 ** (dbfs / 20) * Math.SQRT2 * Math.sin((2 * Math.PI * hz * sample) / 16_000);
const noise = (dbfs: number) => (): number => 10 ** (dbfs / 20) * Math.sqrt(3) * random();
const silence = (): number => 0;

/** Push seconds of each signal; returns speech per frame. */
function speechOf(parts: [seconds: number, signal: (sample: number) => number][]): boolean[] {
  seed = 1;
  const activity = new VoiceActivity({ silenceDbfs: -50 });
  const frames: boolean[] = [];
  let index = 0;
  for (const [seconds, signal] of parts) {
    for (let i = 0; i < seconds * CHUNKS_PER_SECOND; i += 1) {
      activity.push(chunk(signal, index));
      index += 1;
      const frame = (index - 2 - LOOK_AHEAD_CHUNKS) / 2;
      if (Number.isInteger(frame) && frame >= 0) {
        frames.push(activity.isSpeech(frame, LOOK_AHEAD_CHUNKS));
      }
    }
  }
  return frames;
}

describe('VoiceActivity', () => {
  it('calls digital silence and a quiet room silent', () => {
    expect(speechOf([[3, silence]])).not.toContain(true);
    expect(speechOf([[6, noise(-60)]])).not.toContain(true);
  });

  it('opens ahead of a tone and closes about 200 ms after it', () => {
    const frames = speechOf([
      [1, silence],
      [1, tone(-20)],
      [2, silence],
    ]);
    const first = frames.indexOf(true);
    const last = frames.lastIndexOf(true);
    // The tone lasts frames 25–49; three chunks confirm it, five chunks of look-ahead show it early.
    expect(first).toBeGreaterThanOrEqual(22);
    expect(first).toBeLessThanOrEqual(24);
    expect(last).toBeGreaterThanOrEqual(53);
    expect(last).toBeLessThanOrEqual(55);
    expect(frames.slice(first, last + 1)).not.toContain(false);
  });

  it('does not flutter between words 150 ms apart', () => {
    const words: [number, (sample: number) => number][] = [[1, silence]];
    for (let i = 0; i < 6; i += 1) words.push([0.3, tone(-25)], [0.14, silence]);
    const frames = speechOf(words);
    expect(frames.slice(frames.indexOf(true))).not.toContain(false);
  });

  it('learns a steady noise within five seconds and still hears speech over it', () => {
    const frames = speechOf([
      [6, noise(-40)],
      [1, tone(-20)],
      [2, noise(-40)],
    ]);
    expect(frames.slice(5 * 25, 6 * 25 - 4)).not.toContain(true);
    expect(frames.slice(6 * 25, 7 * 25)).not.toContain(false);
    expect(frames.slice(8 * 25, 9 * 25 - 4)).not.toContain(true);
  });

  it('follows a level step up and back down', () => {
    const frames = speechOf([
      [5, noise(-62)],
      [6, noise(-42)],
      [5, noise(-62)],
      [1, tone(-44)],
    ]);
    expect(frames.slice(10 * 25, 16 * 25 - 5)).not.toContain(true);
    expect(frames.slice(16 * 25 + 1)).toContain(true);
  });

  it('keeps a long loud tone as speech', () => {
    expect(speechOf([[12, tone(-15)]]).slice(1)).not.toContain(false);
  });

  it('ignores a click of 20 ms, wherever it falls, and an offset', () => {
    for (const start of [16_000, 16_050, 16_200]) {
      const click = (sample: number): number =>
        sample > start && sample < start + 320 ? 0.2 * random() : 0.001 * random();
      expect(speechOf([[3, click]])).not.toContain(true);
    }
    expect(speechOf([[3, () => 0.3]]).slice(8)).not.toContain(true);
  });

  it('gives the same answers when the audio arrives in one burst', () => {
    const signal = (sample: number): number => (sample % 9000 < 3000 ? tone(-20)(sample) : 0);
    const live = speechOf([[4, signal]]);
    const burst = new VoiceActivity({ silenceDbfs: -50 });
    for (let i = 0; i < 4 * CHUNKS_PER_SECOND; i += 1) burst.push(chunk(signal, i));
    expect(live.map((_, frame) => burst.isSpeech(frame, LOOK_AHEAD_CHUNKS))).toEqual(live);
  });

  it('forgets pushed speech on clear', () => {
    const activity = new VoiceActivity({ silenceDbfs: -50 });
    for (let i = 0; i < 20; i += 1) activity.push(chunk(tone(-20), i));
    expect(activity.isSpeech(6, LOOK_AHEAD_CHUNKS)).toBe(true);
    activity.clear();
    expect(activity.isSpeech(6, LOOK_AHEAD_CHUNKS)).toBe(false);
  });
});
