/**
 * Which frames of an avatar show a mouth that is open by itself, and so has to be shut while nobody speaks: a toothy
 * smile, or the speech that a source video was recorded with.
 */

/** Opening from which a mouth counts as open, dm; landmarks of closed lips are up to 0.02 dm apart. */
const OPENS_DM = 0.032;
/** Opening below which an open one counts as closed again. */
const CLOSES_DM = 0.022;
/** Closed frames between open ones that are treated alike, and how slowly shutting comes and goes, frames. */
const BRIDGE_FRAMES = 6;
const RAMP_FRAMES = 5;

/**
 * How far the mouth of each frame is to be shut at rest, 0–1, from the openings of all frames (dm). Depends on the
 * frame alone, not on the direction in which a loop plays it: it runs to and fro. 0 for every frame of a closed mouth.
 */
export function shutRatios(gapsDm: Float32Array): Float32Array {
  const count = gapsDm.length;
  const open = new Uint8Array(count);
  for (const step of [1, -1]) {
    let isOpen = false;
    for (let k = 0, frame = step > 0 ? 0 : count - 1; k < count; k += 1, frame += step) {
      isOpen = gapsDm[frame]! > (isOpen ? CLOSES_DM : OPENS_DM);
      if (isOpen) open[frame] = 1;
    }
  }
  const out = new Float32Array(count);
  if (!open.includes(1)) return out;
  let sinceOpen = Infinity;
  const distance = new Float32Array(count).fill(Infinity);
  for (let frame = 0; frame < count; frame += 1) {
    sinceOpen = open[frame] === 1 ? 0 : sinceOpen + 1;
    distance[frame] = sinceOpen;
  }
  sinceOpen = Infinity;
  for (let frame = count - 1; frame >= 0; frame -= 1) {
    sinceOpen = open[frame] === 1 ? 0 : sinceOpen + 1;
    const away = Math.min(sinceOpen, distance[frame]!) - BRIDGE_FRAMES;
    out[frame] = Math.min(1, Math.max(0, 1 - away / RAMP_FRAMES));
  }
  return out;
}
