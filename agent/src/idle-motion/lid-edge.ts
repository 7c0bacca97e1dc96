/**
 * Puts the upper lid of an EyeShape on the edge one sees in the picture. Landmarks are a pixel or two off it, and a
 * falling lid would drag that strip of eyeball along. The edge is where dark lashes lie above a brighter eyeball; the
 * best smooth line near the landmarks is found by dynamic programming.
 */
import { LID_SAMPLES, type EyeShape } from './eye-shape.ts';

/** Places tried for each sample, from above the landmark's line to below it, in shares of the largest opening. */
const HIGHEST = -0.3;
const STEP = 0.035;
const CANDIDATES = 10;
/** Grey levels of an edge that is as good as any: highlights must not outbid lashes. */
const FULL_EDGE = 36;
/** Cost of leaving the landmarks' line by a tenth of the opening, and of one step between neighbours, in grey levels. */
const LEAVING_COST = 2;
const STEP_COST = 3;
/** Distance of the two pixels compared, as share of the opening to either side. */
const EDGE_HALF_WIDTH = 0.075;

const costs = new Float32Array(LID_SAMPLES * CANDIDATES);
const cameFrom = new Int8Array(LID_SAMPLES * CANDIDATES);

/** Move `shape.upper` to the edge in `luma` (width × height px). Allocates nothing. */
export function snapUpperLid(
  luma: Uint8Array,
  width: number,
  height: number,
  shape: EyeShape,
): void {
  for (let i = 0; i < LID_SAMPLES; i += 1) {
    for (let k = 0; k < CANDIDATES; k += 1) {
      const own = candidateCost(luma, width, height, shape, i, k);
      let best = i === 0 ? 0 : Infinity;
      let from = k;
      for (let j = Math.max(0, k - 1); i > 0 && j <= Math.min(CANDIDATES - 1, k + 1); j += 1) {
        const cost = costs[(i - 1) * CANDIDATES + j]! + (j === k ? 0 : STEP_COST);
        if (cost >= best) continue;
        best = cost;
        from = j;
      }
      costs[i * CANDIDATES + k] = best + own;
      cameFrom[i * CANDIDATES + k] = from;
    }
  }
  const lastRow = (LID_SAMPLES - 1) * CANDIDATES;
  let k = 0;
  for (let j = 1; j < CANDIDATES; j += 1) if (costs[lastRow + j]! < costs[lastRow + k]!) k = j;
  for (let i = LID_SAMPLES - 1; i >= 0; i -= 1) {
    shape.upper[i]! += offsetOf(k) * shape.openPx;
    k = cameFrom[i * CANDIDATES + k]!;
  }
  smooth(shape.upper);
}

const offsetOf = (candidate: number): number => HIGHEST + candidate * STEP;

function candidateCost(
  luma: Uint8Array,
  width: number,
  height: number,
  shape: EyeShape,
  sample: number,
  candidate: number,
): number {
  const offset = offsetOf(candidate);
  const place = (sample / (LID_SAMPLES - 1)) * shape.lengthPx;
  const at = shape.upper[sample]! + offset * shape.openPx;
  const half = EDGE_HALF_WIDTH * shape.openPx;
  const edge =
    lumaAt(luma, width, height, shape, place, at + half) -
    lumaAt(luma, width, height, shape, place, at - half);
  return LEAVING_COST * (offset * 10) ** 2 - Math.min(FULL_EDGE, Math.max(0, edge));
}

/** Bilinear luma at eye coordinates; pixel i covers i … i + 1, landmarks count alike. */
function lumaAt(
  luma: Uint8Array,
  width: number,
  height: number,
  shape: EyeShape,
  place: number,
  below: number,
): number {
  const px = shape.x + place * shape.alongX - below * shape.alongY;
  const py = shape.y + place * shape.alongY + below * shape.alongX;
  const x = Math.min(width - 1.001, Math.max(0, px));
  const y = Math.min(height - 1.001, Math.max(0, py));
  const column = Math.floor(x);
  const row = Math.floor(y);
  const start = row * width + column; // column + 1 < width, row + 1 < height
  const fx = x - column;
  const above = luma[start]! + fx * (luma[start + 1]! - luma[start]!);
  const under = luma[start + width]! + fx * (luma[start + width + 1]! - luma[start + width]!);
  return above + (y - row) * (under - above);
}

function smooth(line: Float32Array): void {
  for (let pass = 0; pass < 6; pass += 1) {
    let before = line[0]!;
    for (let i = 1; i < LID_SAMPLES - 1; i += 1) {
      const here = line[i]!;
      line[i] = (before + 2 * here + line[i + 1]!) / 4; // i + 1 < LID_SAMPLES
      before = here;
    }
  }
}
