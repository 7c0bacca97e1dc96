/** How much an avatar moves by itself (configs/realtime.yaml: `idle`). */

/** none: the source as it is. subtle: blinks, breathes, sways a little. lively: the same, larger, and the brows move. */
export const IDLE_LEVELS = ['none', 'subtle', 'lively'] as const;
export type IdleLevel = (typeof IDLE_LEVELS)[number];
