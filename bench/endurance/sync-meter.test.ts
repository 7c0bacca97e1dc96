import { describe, expect, it } from 'vitest';
import { drift } from './soak.ts';
import { LoudOnsets, middleLuma, SyncMeter } from './sync-meter.ts';

const BLOCK = 480;

/**
 * A receiver of an hour in which a beep comes every 1,013 ms, heard in 10 ms blocks and seen in frames of 40 ms; the
 * picture is `skewMs(t)` late. Shorter with `minutes`.
 */
function receive(minutes: number, skewMs: (atMs: number) => number): SyncMeter {
  const meter = new SyncMeter();
  const endMs = 60_000 * minutes;
  const isLoudAt = (ms: number): boolean => ms >= 0 && ms % 1013 >= 500 && ms % 1013 < 620;
  const block = new Int16Array(BLOCK);
  let nextFrameMs = 0;
  for (let ms = 0; ms < endMs; ms += 10) {
    block.fill(0);
    for (let i = 0; i < BLOCK && (isLoudAt(ms) || isLoudAt(ms + 10)); i++) {
      if (isLoudAt(ms + i / 48)) block[i] = 16_384 * Math.sin(i * 0.13);
    }
    meter.pushAudio(block, ms + 10);
    while (nextFrameMs <= ms + 10) {
      // The probe whitens a frame whose own 40 ms hold something loud.
      const shown = nextFrameMs - skewMs(nextFrameMs);
      const isWhite = isLoudAt(shown) || isLoudAt(shown + 39);
      meter.pushLuma(isWhite ? 235 : 16, nextFrameMs);
      nextFrameMs += 40;
    }
  }
  return meter;
}

const skewPoints = (meter: SyncMeter): [number, number][] =>
  meter.points.map(({ atMs, skewMs }) => [atMs, skewMs]);

describe('SyncMeter', () => {
  it('pairs every beep with its flash and measures a constant skew to half a frame', () => {
    const meter = receive(2, () => 70);
    expect(meter.points.length).toBeGreaterThan(112);
    expect(meter.unpaired).toBeLessThanOrEqual(1);
    const mean =
      meter.points.reduce((sum, { skewMs }) => sum + skewMs, 0) / Math.max(1, meter.points.length);
    // A frame is white from its start on, so the flash is seen up to 40 ms before the beep's own moment.
    expect(mean).toBeGreaterThan(70 - 40);
    expect(mean).toBeLessThan(70 + 20);
  });

  it.each([-60, 0, 25])('finds an injected drift of %d ms per hour', (perHourMs) => {
    const meter = receive(20, (atMs) => 30 + (perHourMs * atMs) / 3_600_000);
    const found = drift(skewPoints(meter));
    expect(Math.abs(found.perHourMs - perHourMs)).toBeLessThan(8);
    expect(found.lowMs).toBeLessThanOrEqual(found.perHourMs);
    expect(found.highMs).toBeGreaterThanOrEqual(found.perHourMs);
  });

  it('tells a drift from a jump of the buffers that goes back', () => {
    const jump = (atMs: number): number => (atMs > 400_000 && atMs < 500_000 ? 150 : 20);
    expect(Math.abs(drift(skewPoints(receive(20, jump))).perHourMs)).toBeLessThan(20);
  });

  it('counts sounds without a flash', () => {
    const meter = new SyncMeter();
    const loud = new Int16Array(BLOCK).fill(9000);
    for (let i = 0; i < 20; i++) {
      for (let block = 0; block < 100; block++) {
        meter.pushAudio(block === 60 ? loud : new Int16Array(BLOCK), 1000 * i + 10 * block);
      }
    }
    expect(meter.points).toEqual([]);
    expect(meter.unpaired).toBeGreaterThanOrEqual(18);
  });
});

describe('LoudOnsets', () => {
  it('finds the sample at which it becomes loud, and no second onset within the sound', () => {
    const found: number[] = [];
    const onsets = new LoudOnsets((atMs) => void found.push(atMs));
    for (let ms = 10; ms <= 1000; ms += 10) onsets.push(new Int16Array(BLOCK), ms);
    const block = new Int16Array(BLOCK);
    block[240] = -8000;
    onsets.push(block, 1010);
    onsets.push(block, 1020);
    expect(found).toEqual([1005]);
  });
});

it('middleLuma looks at the middle of the picture alone', () => {
  const luma = new Uint8Array(64 * 64).fill(10);
  for (let y = 28; y < 36; y++) luma.fill(235, y * 64 + 28, y * 64 + 36);
  expect(middleLuma(luma, 64, 64)).toBe(235);
});
