/**
 * Puts the lids of an EyeShape on the edges one sees in the picture. Landmarks are a pixel or two off them (more in a
 * drawn face), and a falling lid would drag a strip of eyeball along or leave one below. The edge is where dark lashes
 * lie above a brighter eyeball, and where the eyeball ends below; the best smooth line near the landmarks is found by
 * dynamic programming.
 */
import { LID_SAMPLES, type EyeShape } from './eye-shape.ts';

/** Places tried for each sample: from a little inside the eye outwards, in shares of the largest opening. */
const INNERMOST = -0.05;
const STEP = 0.035;
const CANDIDATES = 11;
/** Grey levels of an edge that is as good as any: highlights must not outbid lashes. */
const FULL_EDGE = 36;
/** Cost of leaving the landmarks' line by a tenth of the opening, and of one step between neighbours, in grey levels. */
const LEAVING_COST = 2;
const STEP_COST = 3;
/** Distance of the two pixels compared, as share of the opening to either side. */
const EDGE_HALF_WIDTH = 0.075;

/** Samples next to a corner over which its freedom grows. */
const CORNER_SAMPLES = 4;

const view: { luma: Uint8Array; width: number; height: number } = {
  luma: new Uint8Array(0),
  width: 0,
  height: 0,
};
const costs = new Float32Array(LID_SAMPLES * CANDIDATES);
const cameFrom = new Int8Array(LID_SAMPLES * CANDIDATES);

/** Move both lids of `shape` to their edges in `luma` (width × height px). Allocates nothing. */
export function snapLids(luma: Uint8Array, width: number, height: number, shape: EyeShape): void {
  view.luma = luma;
  view.width = width;
  view.height = height;
  snap(shape, shape.upper, -1);
  snap(shape, shape.lower, 1);
}

/** Move one lid; `outwards`: −1 for the upper, 1 for the lower one. */
function snap(shape: EyeShape, line: Float32Array, outwards: number): void {
  for (let i = 0; i < LID_SAMPLES; i += 1) {
    for (let k = 0; k < CANDIDATES; k += 1) {
      const own = candidateCost(shape, line, outwards, i, k);
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
    // The corners stay where the landmarks have them.
    const free = Math.min(1, i / CORNER_SAMPLES, (LID_SAMPLES - 1 - i) / CORNER_SAMPLES);
    line[i]! += free * outwards * offsetOf(k) * shape.openPx;
    k = cameFrom[i * CANDIDATES + k]!;
  }
  smooth(line);
}

const offsetOf = (candidate: number): number => INNERMOST + candidate * STEP;

function candidateCost(
  shape: EyeShape,
  line: Float32Array,
  outwards: number,
  sample: number,
  candidate: number,
): number {
  const { luma, width, height } = view;
  const offset = offsetOf(candidate);
  const place = (sample / (LID_SAMPLES - 1)) * shape.lengthPx;
  const at = line[sample]! + outwards * offset * shape.openPx; // sample < LID_SAMPLES
  const half = EDGE_HALF_WIDTH * shape.openPx;
  const step =
    lumaAt(luma, width, height, shape, place, at + half) -
    lumaAt(luma, width, height, shape, place, at - half);
  // Lashes are darker than any eyeball; skin below an eye may be darker or brighter.
  const edge = outwards < 0 ? Math.max(0, step) : Math.abs(step);
  return LEAVING_COST * (offset * 10) ** 2 - Math.min(FULL_EDGE, edge);
}

/** Bilinear luma `place` px along an eye's axis and `below` px under it; the frame's edge repeats. */
export function lumaAt(
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
