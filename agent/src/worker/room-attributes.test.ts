import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RoomAttributes } from './room-attributes.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function makeAttributes() {
  const sent: Record<string, string>[] = [];
  const attributes = new RoomAttributes(
    (changed) => {
      sent.push(changed);
      return Promise.resolve();
    },
    () => undefined,
  );
  return { attributes, sent };
}

describe('RoomAttributes', () => {
  it('sends changes together and only once', () => {
    const { attributes, sent } = makeAttributes();
    attributes.set({ a: '1' });
    attributes.set({ b: '2' });
    vi.advanceTimersByTime(1);
    attributes.set({ a: '1', b: '2' });
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([{ a: '1', b: '2' }]);
  });

  it('sends at most four times a second, the newest value winning', () => {
    const { attributes, sent } = makeAttributes();
    for (let i = 0; i < 100; i++) {
      attributes.set({ a: String(i) });
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(300);
    expect(sent.length).toBeLessThanOrEqual(6);
    expect(sent.at(-1)).toEqual({ a: '99' });
  });

  it('sends everything again when asked, and nothing after it was closed', () => {
    const { attributes, sent } = makeAttributes();
    attributes.set({ a: '1', b: '2' });
    vi.advanceTimersByTime(1000);
    attributes.resend();
    vi.advanceTimersByTime(1000);
    expect(sent).toEqual([
      { a: '1', b: '2' },
      { a: '1', b: '2' },
    ]);
    attributes.close();
    attributes.set({ a: '3' });
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(2);
  });
});
