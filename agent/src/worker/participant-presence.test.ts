import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ParticipantPresence } from './participant-presence.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function makePresence() {
  const reasons: string[] = [];
  const presence = new ParticipantPresence((reason) => reasons.push(reason));
  return { presence, reasons };
}

describe('ParticipantPresence', () => {
  it('gives up when the participant does not join within 30 s', () => {
    const { reasons } = makePresence();
    vi.advanceTimersByTime(29_000);
    expect(reasons).toEqual([]);
    vi.advanceTimersByTime(2000);
    expect(reasons).toEqual(['the participant never joined']);
  });

  it('waits 10 s for a participant whose connection broke', () => {
    const { presence, reasons } = makePresence();
    presence.joined();
    presence.left(false);
    vi.advanceTimersByTime(9000);
    presence.joined();
    vi.advanceTimersByTime(60_000);
    expect(reasons).toEqual([]);
    presence.left(false);
    vi.advanceTimersByTime(11_000);
    expect(reasons).toEqual(['the participant lost its connection']);
  });

  it('ends at once when the participant leaves, and says so once', () => {
    const { presence, reasons } = makePresence();
    presence.joined();
    presence.left(true);
    expect(reasons).toEqual(['the participant left']);
    vi.advanceTimersByTime(60_000);
    expect(reasons).toHaveLength(1);
  });

  it('says nothing after it was stopped', () => {
    const { presence, reasons } = makePresence();
    presence.stop();
    vi.advanceTimersByTime(60_000);
    expect(reasons).toEqual([]);
  });
});
