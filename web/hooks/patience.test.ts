import { DisconnectReason } from 'livekit-client';
import { describe, expect, it } from 'vitest';
import { PageApiError } from './page-api.ts';
import { comesBack, patiently, reconnectPolicy } from './patience.ts';
import { serviceProblem } from './problems.ts';

const failure = (code: string) => new PageApiError(serviceProblem(code, 'cure'), 503);

describe('a page whose service is away', () => {
  it('keeps asking and says so', async () => {
    let attempts = 0;
    let waits = 0;
    const open = () => {
      attempts += 1;
      return attempts < 2 ? Promise.reject(failure('AGENT_UNAVAILABLE')) : Promise.resolve('room');
    };
    const opened = await patiently(open, () => (waits += 1), new AbortController().signal);
    expect([opened, attempts, waits]).toEqual(['room', 2, 1]);
  });

  it('does not ask again when all seats are taken', async () => {
    const open = () => Promise.reject(failure('SESSION_LIMIT_REACHED'));
    const signal = new AbortController().signal;
    await expect(patiently(open, () => undefined, signal)).rejects.toThrow('All avatars are taken');
  });

  it('stops asking when the person cancels', async () => {
    const life = new AbortController();
    const open = () => Promise.reject(failure('LIVEKIT_UNAVAILABLE'));
    const asking = patiently(open, () => life.abort(), life.signal);
    await expect(asking).rejects.toThrow('The LiveKit server is away');
  });

  it('tries to reconnect every 1–3 s for at least a minute', () => {
    const policy = reconnectPolicy();
    const delays = Array.from({ length: 63 }, (_, retryCount) =>
      policy.nextRetryDelayInMs({ retryCount, elapsedMs: 0 }),
    );
    expect(Math.max(...delays.map(Number))).toBeLessThanOrEqual(3000);
    expect(delays.reduce<number>((sum, ms) => sum + (ms ?? 0), 0)).toBeGreaterThan(60_000);
    expect(policy.nextRetryDelayInMs({ retryCount: 63, elapsedMs: 0 })).toBeNull();
  });

  it('joins anew when its LiveKit server is being replaced, and not when it was put out', () => {
    expect(comesBack(DisconnectReason.SERVER_SHUTDOWN)).toBe(true);
    expect(comesBack(DisconnectReason.PARTICIPANT_REMOVED)).toBe(false);
    expect(comesBack(undefined)).toBe(false);
  });
});
