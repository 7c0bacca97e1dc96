/** Randomness as a pure function of (seed, place): any place can be asked for, in any order, and gives the same number. */

/** Mix two integers to 32 random-looking bits (the finalizer of MurmurHash3 over a Weyl sequence; A. Appleby, public domain). */
function mix(seed: number, index: number): number {
  let bits = (seed ^ Math.imul(index, 0x9e3779b1)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A number of [0, 1) for integer `index`. */
export function randomAt(seed: number, index: number): number {
  return mix(seed, index) / 0x1_0000_0000;
}

/** An integer seed from a text, e.g. an avatar's id (FNV-1a). */
export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash | 0;
}

/**
 * Smooth noise in −1…1 (standard deviation about 0.4): a uniform cubic B-spline over random values at the integers.
 * Unlike interpolated values it never stops at the integers, so a motion made of it drifts and does not tick.
 */
export function smoothNoise(seed: number, place: number): number {
  const index = Math.floor(place);
  const t = place - index;
  const r = 1 - t;
  const before = 2 * randomAt(seed, index - 1) - 1;
  const left = 2 * randomAt(seed, index) - 1;
  const right = 2 * randomAt(seed, index + 1) - 1;
  const after = 2 * randomAt(seed, index + 2) - 1;
  return (
    (r * r * r * before +
      (3 * t * t * t - 6 * t * t + 4) * left +
      (3 * r * r * r - 6 * r * r + 4) * right +
      t * t * t * after) /
    6
  );
}
