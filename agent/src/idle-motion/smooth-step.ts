/** 0 below 0, 1 above 1, and without a corner between them. */
export function smoothStep(ratio: number): number {
  const t = Math.min(1, Math.max(0, ratio));
  return t * t * (3 - 2 * t);
}
