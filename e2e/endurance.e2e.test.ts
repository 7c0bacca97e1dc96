/**
 * The long runs of docs/reliability.md, shortened: some people come and go, a session speaks for a quarter of a minute,
 * a link loses packets. Judged is what holds at any speed: nothing is left over, onsets are heard and seen. That a leak
 * or a drift would be found is proven on made-up samples in bench/endurance/*.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namespaceProblem } from '../bench/endurance/far-network.ts';
import { joinLeave } from '../bench/endurance/join-leave.ts';
import { startOwnStack, type OwnStack } from '../bench/endurance/own-stack.ts';
import { sentence, sentenceAndBeeps } from '../bench/endurance/signals.ts';
import { soak } from '../bench/endurance/soak.ts';

const never = new AbortController().signal;

describe('one stack', () => {
  let stack: OwnStack | undefined;
  beforeAll(async () => {
    stack = await startOwnStack({ max_sessions: 8, video_max_px: 256 });
  });
  afterAll(() => stack?.stop());

  it('six people come and go: no session, room, job process, temp file or descriptor stays', async () => {
    const report = await joinLeave(stack!, {
      cycles: 6,
      concurrent: 2,
      stayMs: 200,
      behaviour: () => 'speaks',
      rests: 3,
      speech: sentence(),
      signal: never,
      onProgress: () => undefined,
    });
    expect(report.failures).toEqual({});
    expect(report.served).toBe(6);
    expect(report.leftOver).toEqual([]);
    const [first, last] = [report.samples[1]!.processes, report.samples.at(-1)!.processes];
    for (const name of ['agent', 'page', 'livekit'] as const) {
      expect(last[name].descriptors - first[name].descriptors).toBeLessThanOrEqual(6);
    }
  }, 400_000);

  it('what a session speaks is heard and seen together, at a receiver without a browser', async () => {
    const report = await soak(stack!, {
      durationS: 12,
      settleS: 2,
      speech: sentenceAndBeeps(),
      signal: never,
      everyS: 60,
      onProgress: () => undefined,
    });
    expect(report.lost).toBeUndefined();
    expect(report.onsets).toBeGreaterThanOrEqual(4);
    expect(report.unpairedOnsets).toBeLessThan(report.onsets);
    expect(report.fps.mean).toBeGreaterThan(5);
  }, 200_000);
});

const problem = namespaceProblem();
describe.skipIf(problem !== undefined)('a bad link between two network namespaces', () => {
  it('holds packets back and loses its share of them', () => {
    const output = execFileSync(
      process.execPath,
      ['--import', 'tsx', 'bench/endurance/link-echo.ts', '50', '0.1'],
      { encoding: 'utf8' },
    );
    const { sent, roundTripsMs } = JSON.parse(output) as { sent: number; roundTripsMs: number[] };
    // 10 % in each direction: 19 % of the echoes, ± 5 standard deviations of 300.
    const lossRatio = 1 - roundTripsMs.length / sent;
    expect(lossRatio).toBeGreaterThan(0.08);
    expect(lossRatio).toBeLessThan(0.31);
    // 50 ms in each direction; more on a busy machine, never less.
    expect(Math.min(...roundTripsMs)).toBeGreaterThanOrEqual(99.9);
  });
});
