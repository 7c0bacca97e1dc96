/** Middle value of `values`, 0 when there is none. Sorts in place. */
export function median(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[values.length >> 1] ?? 0;
}
