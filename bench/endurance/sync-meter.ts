/**
 * Sound against picture by content, at the receiver: the `probe` avatar whitens its face while it hears something loud,
 * so a loud onset in the received sound and a flash in the received picture belong together. Pure; times are ms.
 */

/** Peak from which a sample is loud, of 32768: −20 dBFS, the probe pack's own threshold. */
const LOUD = 3277;
/** Luma that only the probe's white has (235; faces and VP8's ringing stay below). */
const WHITE = 200;
/** Quiet or black before an onset counts. Longer than a syllable's gap, shorter than a pause. */
const REST_MS = 300;
/** Onsets further apart than this do not belong together. */
const MAX_SKEW_MS = 450;

/** When something rises after a rest. */
export class OnsetDetector {
  #lastHighMs = Number.NEGATIVE_INFINITY;
  #sinceMs: number | undefined;

  /** High or low at a time; returns whether this is an onset. Nothing is known before the first rest. */
  push(high: boolean, atMs: number): boolean {
    this.#sinceMs ??= atMs;
    if (!high) return false;
    const isOnset = atMs - Math.max(this.#lastHighMs, this.#sinceMs) > REST_MS;
    this.#lastHighMs = atMs;
    return isOnset;
  }
}

/** Loud onsets of 48 kHz mono blocks, to the sample. */
export class LoudOnsets {
  readonly #detector = new OnsetDetector();
  readonly #onOnset: (atMs: number) => void;

  constructor(onOnset: (atMs: number) => void) {
    this.#onOnset = onOnset;
  }

  /** A block whose last sample belongs to `endMs`. */
  push(samples: Int16Array, endMs: number): void {
    const startMs = endMs - samples.length / 48;
    let first = -1;
    let last = -1;
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]!) < LOUD) continue;
      if (first < 0) first = i;
      last = i;
    }
    if (first < 0) {
      this.#detector.push(false, endMs);
      return;
    }
    if (this.#detector.push(true, startMs + first / 48)) this.#onOnset(startMs + first / 48);
    this.#detector.push(true, startMs + last / 48);
  }
}

/** One onset that was heard and seen. */
export type SkewPoint = {
  /** When it was heard, ms. */
  readonly atMs: number;
  /** Picture minus sound, ms; positive: the picture is late. */
  readonly skewMs: number;
};

/** Pairs onsets of sound with flashes of the picture as both come in. */
export class SyncMeter {
  readonly #flashes = new OnsetDetector();
  readonly #sound = new LoudOnsets((atMs) => this.#pair({ heardMs: atMs }));
  #unpairedHeardMs: number[] = [];
  #unpairedSeenMs: number[] = [];
  readonly points: SkewPoint[] = [];
  /** Onsets heard without a flash, and flashes without a sound. */
  unpaired = 0;

  /** Received sound; see LoudOnsets.push. */
  pushAudio(samples: Int16Array, endMs: number): void {
    this.#sound.push(samples, endMs);
  }

  /** A received picture: mean luma of its middle, 0–255. */
  pushLuma(luma: number, atMs: number): void {
    if (this.#flashes.push(luma >= WHITE, atMs)) this.#pair({ seenMs: atMs });
  }

  #pair({ heardMs, seenMs }: { heardMs?: number; seenMs?: number }): void {
    const nowMs = heardMs ?? seenMs ?? 0;
    this.#forget(nowMs - 2 * MAX_SKEW_MS);
    const [own, others] =
      heardMs === undefined
        ? [this.#unpairedSeenMs, this.#unpairedHeardMs]
        : [this.#unpairedHeardMs, this.#unpairedSeenMs];
    const at = others.findIndex((time) => Math.abs(time - nowMs) <= MAX_SKEW_MS);
    if (at < 0) {
      own.push(nowMs);
      return;
    }
    const [other = nowMs] = others.splice(at, 1);
    this.points.push(
      heardMs === undefined
        ? { atMs: other, skewMs: nowMs - other }
        : { atMs: nowMs, skewMs: other - nowMs },
    );
  }

  #forget(beforeMs: number): void {
    const count = this.#unpairedHeardMs.length + this.#unpairedSeenMs.length;
    this.#unpairedHeardMs = this.#unpairedHeardMs.filter((time) => time >= beforeMs);
    this.#unpairedSeenMs = this.#unpairedSeenMs.filter((time) => time >= beforeMs);
    this.unpaired += count - this.#unpairedHeardMs.length - this.#unpairedSeenMs.length;
  }
}

/** Mean luma of the middle eighth of an I420 picture, every second pixel of every second row. */
export function middleLuma(data: Uint8Array, width: number, height: number): number {
  const [top, bottom] = [Math.floor((7 * height) / 16), Math.floor((9 * height) / 16)];
  const [left, right] = [Math.floor((7 * width) / 16), Math.floor((9 * width) / 16)];
  let sum = 0;
  let count = 0;
  for (let y = top; y < bottom; y += 2) {
    for (let x = left; x < right; x += 2) {
      sum += data[y * width + x]!;
      count++;
    }
  }
  return sum / count;
}
