/** Peak under which a chunk counts as quiet enough to add or remove without being heard: about −46 dBFS. */
export const QUIET_PEAK = 160;

/** Whether no sample of `chunk` exceeds QUIET_PEAK. */
export function isQuiet(chunk: Int16Array): boolean {
  for (const sample of chunk) if (sample > QUIET_PEAK || sample < -QUIET_PEAK) return false;
  return true;
}
