/** Interleaved 8-bit pictures, and which part of an output to compute. */

/** width × height × channels bytes, row after row. */
export type Picture8 = {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
};

/** A rectangle in px by its edges: x0 ≤ x < x1, y0 ≤ y < y1. */
export type Rect = {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
};

/** Nearest integer, ties to even: what OpenCV's and numpy's rounding does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A whole number moved into 0 … 255. */
export const clampByte = (value: number): number => (value < 0 ? 0 : value > 255 ? 255 : value);
