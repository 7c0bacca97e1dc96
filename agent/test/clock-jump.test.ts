/**
 * The wall clock of the agent's machine jumps by an hour while an avatar speaks. Engine and jobs live by a clock that the
 * test sets (helpers/clock-jump.c); livekit-server, the user and whoever signs keep the right one, as on other machines.
 */
import { loadavg } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTRIBUTES } from '../src/api/contract.ts';
import { TestAgent } from './helpers/agent-process.ts';
import { ClockJump } from './helpers/clock-jump.ts';
import { TestLivekitServer } from './helpers/livekit-server.ts';
import { probeConfig } from './helpers/probe-config.ts';
import { isAlive, sleep, waitFor } from './helpers/processes.ts';
import { beeps, distances, median, onsets, RoomUser } from './helpers/room-user.ts';

const HOUR_MS = 3_600_000;
/** Each position of the clock is watched for this long, from the jump on. */
const PHASE_MS = 8000;
/** An overloaded machine swallows a second without any jump; a fault of the clock is there at every jump. */
const TRIES = 3;
/** The fault that this test looks for was 4 s without frames. */
const MAX_FRAME_GAP_MS = 2000;
/** Beeps and the flashes they make come once a second: a busy machine loses two in a row. */
const MAX_BEEP_GAP_MS = 3500;
/** Luma of a white face. */
const WHITE_LUMA = 200;
const AUDIBLE_PEAK = 0.05;
const READY_MS = 60_000;

/** The longest time without an event between two instants. */
const longestGap = (times: number[], fromMs: number, toMs: number) => {
  const inside = [fromMs, ...times.filter((atMs) => atMs > fromMs && atMs < toMs), toMs];
  return Math.max(...inside.slice(1).map((atMs, i) => atMs - inside[i]!));
};

describe.skipIf(process.platform !== 'linux')('a wall clock that jumps by an hour', () => {
  let clock: ClockJump;
  let livekit: TestLivekitServer;
  let agent: TestAgent;
  let user: RoomUser;
  let jobPid: number;
  let sessionId: string;

  beforeAll(async () => {
    clock = ClockJump.create();
    livekit = await TestLivekitServer.start();
    agent = await TestAgent.start({
      livekit,
      config: probeConfig('max_sessions: 2'),
      env: clock.env,
    });
    [jobPid] = await waitFor('one idle process', async () => {
      const pids = await agent.jobPids();
      return pids.length === 1 && ([pids[0]!] as const);
    });
    user = await join('speaks', 'ann');
    await ready(user);
    await user.speak(beeps);
    [sessionId] = (await agent.status()).sessions.map((session) => session.sessionId) as [string];
  });
  afterAll(async () => {
    await user.leave();
    await agent.stop();
    await livekit.stop();
    clock.close();
  });

  /** A user whose avatar has been sent for, with claims signed by the right clock. */
  async function join(room: string, identity: string): Promise<RoomUser> {
    const someone = await RoomUser.join(livekit, room, identity);
    const claims = { room, participant: identity, avatar: 'probe_a' };
    await agent.dispatch(room, await agent.metadata(claims));
    return someone;
  }

  const ready = (someone: RoomUser) =>
    waitFor(
      `${someone.identity}'s avatar is ready`,
      () => someone.avatar?.attributes[ATTRIBUTES.status] === 'ready' && someone.seen.length > 0,
      READY_MS,
    );

  /**
   * What the user sees and hears from the jump on: the longest gaps, ms. How far picture and sound are apart is written
   * down only: load alone moves a receiver's lip-sync by up to 0.4 s for half a minute.
   */
  async function watch(what: string, offsetMs: number) {
    const fromMs = performance.now();
    clock.set(offsetMs);
    await sleep(PHASE_MS);
    const toMs = performance.now();
    const within = ({ atMs }: { atMs: number }) => atMs > fromMs && atMs < toMs;
    const frames = user.seen.filter(within);
    const beepTimes = onsets(
      user.heard.filter(within).map(({ atMs, peak }) => ({ atMs, value: peak })),
      AUDIBLE_PEAK,
      300,
    );
    const flashTimes = onsets(
      frames.map(({ atMs, luma }) => ({ atMs, value: luma })),
      WHITE_LUMA,
      300,
    );
    const seen = {
      frameGapMs: longestGap(
        frames.map(({ atMs }) => atMs),
        fromMs,
        toMs,
      ),
      soundGapMs: longestGap(beepTimes, fromMs, toMs),
      flashGapMs: longestGap(flashTimes, fromMs, toMs),
      skewMs: median(distances(beepTimes, flashTimes, 500)),
    };
    const figures = Object.entries(seen).map(([name, value]) => `${name} ${value.toFixed(0)}`);
    const fps = (frames.length / (PHASE_MS / 1000)).toFixed(1);
    console.log(`${what}: ${fps} fps, ${figures.join(', ')}, load ${loadavg()[0]!.toFixed(1)}`);
    return seen;
  }

  /** When the agent, by its own clock, logged the last line with `needle`, Unix time, ms. */
  const loggedAtMs = (needle: string) => {
    const line = agent.process.output.split('\n').findLast((text) => text.includes(needle));
    return Date.parse(/"time":"([^"]+)"/.exec(line ?? '')?.[1] ?? '');
  };

  it('goes unnoticed by the session', async () => {
    expect([agent.process.pid, jobPid].map((pid) => clock.isFor(pid))).toEqual([true, true]);
    await sleep(PHASE_MS);
    await watch('before', 0);
    for (const [what, fromMs, toMs] of [
      ['an hour ahead', 0, HOUR_MS],
      ['back from there', HOUR_MS, 0],
      ['an hour behind', 0, -HOUR_MS],
      ['back again', -HOUR_MS, 0],
    ] as const) {
      let faults: string[] = [];
      for (let attempt = 0; attempt < TRIES; attempt += 1) {
        clock.set(fromMs);
        const after = await watch(what, toMs);
        faults = [
          after.frameGapMs > MAX_FRAME_GAP_MS && 'pictures stopped',
          after.soundGapMs > MAX_BEEP_GAP_MS && 'sound stopped',
          after.flashGapMs > MAX_BEEP_GAP_MS && 'the face stopped',
        ].filter((fault) => fault !== false);
        if (faults.length === 0) break;
      }
      expect(faults, what).toEqual([]);
    }
    expect(isAlive(jobPid)).toBe(true);
    expect((await agent.status()).sessions).toMatchObject([{ sessionId }]);
    expect(agent.process.output).not.toContain('avatar sent for again');
  }, 240_000);

  it('refuses new sessions while it is ahead of whoever signs, and says why', async () => {
    clock.set(HOUR_MS);
    const early = await join('early', 'bob');
    await waitFor('a refusal', () =>
      agent.process.output
        .split('\n')
        .some((line) => line.includes('\\"early\\" refused: its metadata has expired')),
    );
    // The line itself shows that the process does live an hour ahead.
    expect(Math.abs(loggedAtMs('\\"early\\" refused') - Date.now() - HOUR_MS)).toBeLessThan(60_000);
    expect(early.avatar).toBeUndefined();
    await early.leave();

    clock.set(0);
    const later = await join('later', 'bob');
    await ready(later);
    await later.leave();
    await waitFor('one session is left', async () => (await agent.status()).activeSessions === 1);
  }, 90_000);

  it('takes new sessions while it is behind: their claims only live longer', async () => {
    clock.set(-HOUR_MS);
    const behind = await join('behind', 'eve');
    await ready(behind);
    clock.set(0);
    const before = behind.seen.length;
    await waitFor('its pictures go on', () => behind.seen.length > before + 25);
    await behind.leave();
    expect(isAlive(jobPid)).toBe(true);
  }, 90_000);
});
