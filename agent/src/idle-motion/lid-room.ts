/**
 * How much skin above a lid may unfold. Brows end it, and so does the rim of glasses: neither may move when an eye
 * closes behind it.
 */
import { LID_SAMPLES, type EyeShape } from './eye-shape.ts';
import { lumaAt } from './lid-edge.ts';

/** Where lashes end, in openings above the lid; edges below are theirs. */
const LASHES = 0.45;
/** Change of luma over RIM_PX that is an edge and not a crease. */
const RIM_STEP = 30;
const RIM_PX = 2;
/** Skin left alone in front of an edge, px. */
const SKIN_MARGIN_PX = 1;
/** Share of the columns that must meet an edge: lashes stand alone, rims and brows do not. */
const RIM_SHARE = 0.3;
/** The corners are left out: lashes of the outer one reach up to the brow. */
const FIRST_SAMPLE = 8;
const SAMPLE_STEP = 2;
const COLUMNS = Math.floor((LID_SAMPLES - 2 * FIRST_SAMPLE - 1) / SAMPLE_STEP) + 1;

const roomPx = new Float32Array(COLUMNS);

/** Shorten `shape.reachPx` to end below the nearest edge in `luma` (width × height px). Allocates nothing. */
export function trimReach(luma: Uint8Array, width: number, height: number, shape: EyeShape): void {
  for (let column = 0; column < COLUMNS; column += 1) {
    const sample = FIRST_SAMPLE + column * SAMPLE_STEP;
    const place = (sample / (LID_SAMPLES - 1)) * shape.lengthPx;
    const lid = shape.upper[sample]!; // sample < LID_SAMPLES
    let above = LASHES * shape.openPx;
    while (above < shape.reachPx) {
      const here = lumaAt(luma, width, height, shape, place, lid - above);
      const next = lumaAt(luma, width, height, shape, place, lid - above - RIM_PX);
      if (Math.abs(next - here) > RIM_STEP) break;
      above += 1;
    }
    roomPx[column] = Math.min(shape.reachPx, above - SKIN_MARGIN_PX);
  }
  roomPx.sort();
  shape.reachPx = Math.max(0, roomPx[Math.floor(RIM_SHARE * COLUMNS)]!);
}
