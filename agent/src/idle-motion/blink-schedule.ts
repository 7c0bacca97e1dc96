/**
 * When the eyes blink: a pure function of (seed, frame), like the pose. Human blinks at rest come every 2–6 s and last
 * about a quarter of a second: the lid falls twice as fast as it rises (Stern et al. 1984; Caffier et al. 2003).
 */
import { FRAME_MS } from '../pipeline/timeline.ts';
import { randomAt } from './smooth-noise.ts';

/** One blink begins in the middle half of every slot: 2–6 s lie between two beginnings. */
const SLOT_MS = 4000;
const FALL_MS = 80;
const SHUT_MS = 40;
const RISE_MS = 160;
/** One blink of ten is double; the second begins when the lids are up again. */
const DOUBLE_SHARE = 0.1;
const DOUBLE_AFTER_MS = 360;

/** How far the lids are closed in output frame `frameIndex`: 0 open … 1 shut. */
export function lidClosureAt(seed: number, frameIndex: number): number {
  const nowMs = frameIndex * FRAME_MS;
  const slot = Math.floor(nowMs / SLOT_MS);
  const beginMs = slot * SLOT_MS + SLOT_MS * (0.25 + 0.5 * randomAt(seed + 31, slot));
  const sinceMs = nowMs - beginMs;
  const first = blink(sinceMs);
  if (first > 0 || randomAt(seed + 37, slot) >= DOUBLE_SHARE) return first;
  return blink(sinceMs - DOUBLE_AFTER_MS);
}

/** Closure `ms` after the beginning of one blink. */
function blink(ms: number): number {
  if (ms <= 0 || ms >= FALL_MS + SHUT_MS + RISE_MS) return 0;
  if (ms < FALL_MS) return ease(ms / FALL_MS);
  if (ms <= FALL_MS + SHUT_MS) return 1;
  const opened = (ms - FALL_MS - SHUT_MS) / RISE_MS;
  // Fast at first, then slower and slower: the lid settles.
  return (1 - opened) ** 2;
}

const ease = (ratio: number): number => ratio * ratio * (3 - 2 * ratio);
