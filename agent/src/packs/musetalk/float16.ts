/**
 * float32 ↔ IEEE 754 binary16, exact: half tensors are `Uint16Array` on Node 20. Rounds to nearest, ties to even;
 * subnormals, infinities and NaN are kept.
 */

const floatView = new Float32Array(1);
const bitView = new Uint32Array(floatView.buffer);

/** Nearest half of one float32 value, as its 16 bits. */
export function toHalf(value: number): number {
  floatView[0] = value;
  const bits = bitView[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // NaN keeps a set bit so that it does not turn into infinity.
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity: halfway between the largest half, 65504, and 65536.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: exponent from bias 127 to 15, then 13 bits are rounded away; a carry moves into the exponent.
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Subnormal (multiples of 2^-24): adding 0.5 lets the float32 adder round to that grid, ties to even.
  floatView[0] = Math.abs(value) + 0.5;
  return sign | (bitView[0]! - 0x3f000000);
}

/** Value of one half given as 16 bits. */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Convert `values` into `halves`, which is at least as long. */
export function toHalves(values: ArrayLike<number>, halves: Uint16Array): void {
  for (let i = 0; i < values.length; i += 1) halves[i] = toHalf(values[i]!); // i < length
}

/** Convert `halves` into `values`, which is at least as long. */
export function fromHalves(halves: ArrayLike<number>, values: Float32Array): void {
  for (let i = 0; i < halves.length; i += 1) values[i] = fromHalf(halves[i]!); // i < length
}
