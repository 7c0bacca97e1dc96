import { describe, expect, it } from 'vitest';
import { SessionMeter } from './session-meter.ts';

const LOUD = new Int16Array(960).fill(4000);
const QUIET = new Int16Array(960);

/** A meter, and a frame shown in it: how far the mouth speaks, and when. */
function makeMeter() {
  const meter = new SessionMeter();
  const show = (speechRatio: number, nowMs: number) =>
    meter.shown(speechRatio, nowMs, nowMs - 120, nowMs - 4);
  return { meter, show };
}

describe('SessionMeter', () => {
  it('measures how long the first sound after a pause is on its way, once per utterance', () => {
    const { meter } = makeMeter();
    for (let chunk = 0; chunk < 100; chunk += 1) {
      const isSpeech = chunk >= 10 && chunk < 30;
      meter.taken(chunk, isSpeech ? LOUD : QUIET, 20 * chunk);
      meter.leaving(chunk - 4, 20 * chunk + 50);
    }
    expect(meter.latencies.playback.total).toBe(1);
    expect(meter.latencies.playback.sumS).toBeCloseTo(0.13);
    meter.taken(100, LOUD, 2000);
    meter.leaving(99, 2010);
    expect(meter.latencies.playback.total).toBe(1);
    meter.leaving(100, 2090);
    expect(meter.latencies.playback.total).toBe(2);
  });

  it('measures an interruption until the mouth is shut by frames of the new epoch', () => {
    const { meter, show } = makeMeter();
    show(1, 1000);
    meter.interrupted(1010);
    show(0.6, 1080);
    show(0.2, 1120);
    expect(meter.latencies.interrupt.total).toBe(0);
    show(0, 1160);
    show(0, 1200);
    expect(meter.latencies.interrupt.total).toBe(1);
    expect(meter.latencies.interrupt.sumS).toBeCloseTo(0.15);
  });

  it('measures no interruption of a closed mouth, nor one that new speech opens again', () => {
    const { meter, show } = makeMeter();
    show(0, 1000);
    meter.interrupted(1010);
    show(0, 1040);
    show(1, 1080);
    meter.interrupted(1090);
    show(0.5, 1120);
    show(0.8, 1160);
    show(0, 9000);
    expect(meter.latencies.interrupt.total).toBe(0);
  });

  it('tells the mean skew of the frames since the last time, and what is new in its counts', () => {
    const { meter, show } = makeMeter();
    show(0, 1000);
    show(0, 1040);
    const first = meter.take();
    expect(first.avSkewMs).toBeCloseTo(4);
    expect(first.latencies.audioToFrame?.sumS).toBeCloseTo(0.24);
    expect(meter.take()).toEqual({ avSkewMs: 0, latencies: {} });
  });
});
