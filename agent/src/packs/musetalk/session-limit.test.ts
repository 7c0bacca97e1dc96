import { describe, expect, it } from 'vitest';
import { framesPerSecondOf, roundMs, sessionsFor, timeBatch } from './session-limit.ts';

const MOUTH = [
  { batch: 1, runMs: 8 },
  { batch: 4, runMs: 14 },
  { batch: 8, runMs: 22 },
];
const SOUND = [
  { batch: 1, runMs: 1 },
  { batch: 4, runMs: 1.5 },
  { batch: 8, runMs: 2 },
];

describe('the measured speed', () => {
  it('is that of the best batch size', () => {
    expect(framesPerSecondOf(MOUTH)).toBeCloseTo((8 * 1000) / 22);
  });

  it('gives the time of one round: full batches, and the rest in the next size', () => {
    expect(roundMs(MOUTH, 1)).toBe(8);
    expect(roundMs(MOUTH, 2)).toBe(14);
    expect(roundMs(MOUTH, 8)).toBe(22);
    expect(roundMs(MOUTH, 9)).toBe(30);
  });
});

describe('timing of a batch size', () => {
  /** A network whose runs take these times, on a clock of its own; the last one repeats. */
  function network(...runsMs: number[]) {
    let nowMs = 0;
    let runs = 0;
    const run = (): Promise<void> => {
      nowMs += runsMs[Math.min(runs, runsMs.length - 1)] ?? 0;
      runs += 1;
      return Promise.resolve();
    };
    return { time: () => timeBatch(4, run, () => nowMs), runs: () => runs };
  }

  it('forgets the first run, however slow: a GPU that chooses its algorithms for 20 s is quick afterwards', async () => {
    expect(await network(20_000, 16, 14, 15).time()).toEqual({ batch: 4, runMs: 14 });
  });

  it('ends after one more run where that is slow too', async () => {
    const cpu = network(20_000, 6000);
    expect(await cpu.time()).toEqual({ batch: 4, runMs: 6000 });
    expect(cpu.runs()).toBe(2);
  });
});

describe('sessions admitted', () => {
  it('are as many as get one frame each within 32 of 40 ms, sound included', () => {
    // 9: a full batch, one alone, five windows of sound in a batch of eight: 22 + 8 + 2 = 32.
    expect(sessionsFor({ mouth: MOUTH, sound: SOUND, hopFrames: 2 })).toBe(9);
    // Sound for every frame of its own: nine windows in two runs.
    expect(sessionsFor({ mouth: MOUTH, sound: SOUND, hopFrames: 1 })).toBe(8);
  });

  it('are none where a single frame takes longer, whatever large batches give per second', () => {
    const slow = [
      { batch: 1, runMs: 42 },
      { batch: 8, runMs: 167 },
    ];
    expect(framesPerSecondOf(slow)).toBeGreaterThan(25);
    expect(sessionsFor({ mouth: slow, sound: SOUND, hopFrames: 2 })).toBe(0);
  });

  it('are bounded', () => {
    const quick = [{ batch: 8, runMs: 0.01 }];
    expect(sessionsFor({ mouth: quick, sound: quick, hopFrames: 2 })).toBe(64);
  });
});
