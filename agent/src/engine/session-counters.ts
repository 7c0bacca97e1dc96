/** Counters of one session in shared memory: the render thread counts, the main thread reads, nobody sends them. */

/** Places in the shared array. */
export const Counter = {
  /** Frames with a driven mouth. */
  rendered: 0,
  /** Frames that showed the source as it is: silence. */
  idle: 1,
  /** Frames skipped because they were late. */
  dropped: 2,
  /** Frames that failed (the source frame was shown instead). */
  broken: 3,
  /** Missing input chunks filled with silence. */
  gapChunks: 4,
  /** Input chunks that came twice or too late. */
  staleChunks: 5,
  /** Input chunks dropped because the thread did not get to them. */
  droppedChunks: 6,
  /** No count but a level: frames whose audio is there and that are not rendered yet, look-ahead included. */
  waitingFrames: 7,
} as const;
const COUNTERS = 8;

/** Shared counters; every place is written by one thread only. */
export type SessionCounters = Int32Array<SharedArrayBuffer>;

/** New counters, all 0. */
export function createCounters(): SessionCounters {
  return new Int32Array(new SharedArrayBuffer(COUNTERS * Int32Array.BYTES_PER_ELEMENT));
}

/** Add to one counter. */
export function count(counters: SessionCounters, place: number, by = 1): void {
  Atomics.add(counters, place, by);
}

/** Set one level. */
export function setLevel(counters: SessionCounters, place: number, level: number): void {
  Atomics.store(counters, place, level);
}
