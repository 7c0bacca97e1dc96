/**
 * MuseTalk v1.5's `jaw` mode: a 512 × 512 face parsing becomes the area that is replaced. Skin grown downwards by a
 * cone, its cheek bands trimmed by a flat ellipse, without the nose, with the mouth (musetalk/utils/face_parsing).
 */

/** Side of the parsing, px. */
export const PARSING_SIZE = 512;
/** Classes of the parsing (BiSeNet trained on CelebAMask-HQ) that count here. */
export const SKIN = 1;
export const NOSE = 10;
export const MOUTH = 11;
export const UPPER_LIP = 12;
export const LOWER_LIP = 13;

/** Distance of the trimmed cheek bands from the middle column, px: what all v1.5 scripts pass. */
const CHEEK_WIDTH = 90;
const LEFT_BAND_END = PARSING_SIZE / 2 - CHEEK_WIDTH;
const RIGHT_BAND_START = PARSING_SIZE / 2 + CHEEK_WIDTH;

/** A structuring element: rows of offsets, each a run from `left` to `right` (inclusive) at `dy`. */
type Runs = readonly { readonly dy: number; readonly left: number; readonly right: number }[];

/** 33 × 33, anchor in the middle: rows 10–20 widen by one px on either side per row, rows 21–32 stay 21 wide. */
const CONE: Runs = Array.from({ length: 23 }, (_, i) => {
  const reach = Math.min(i, 10);
  return { dy: i + 10 - 16, left: -reach, right: reach };
});
/** OpenCV's ellipse of 35 × 3: one px above and below a full row. */
const FLAT_ELLIPSE: Runs = [
  { dy: -1, left: 0, right: 0 },
  { dy: 0, left: -17, right: 17 },
  { dy: 1, left: 0, right: 0 },
];
const CHEEK_PASSES = 2;

/** 255 where the picture is replaced, else 0; 512 × 512. `classes`: parsing of the same size. */
export function jawMask(classes: Uint8Array): Uint8Array {
  const skin = classes.map((value) => (value === SKIN ? 255 : 0));
  const grown = combine(skin, CONE, 'any');
  let trimmed = grown;
  for (let pass = 0; pass < CHEEK_PASSES; pass += 1)
    trimmed = combine(trimmed, FLAT_ELLIPSE, 'all');
  return grown.map((value, at) => {
    const x = at % PARSING_SIZE;
    const isCheek = x <= LEFT_BAND_END || x >= RIGHT_BAND_START;
    const kind = classes[at]!;
    if (kind === MOUTH || kind === UPPER_LIP || kind === LOWER_LIP) return 255;
    return kind === NOSE ? 0 : isCheek ? trimmed[at]! : value;
  });
}

/** Dilation (`any` pixel under the element) or erosion (`all` of them); what lies outside is left out. */
function combine(mask: Uint8Array, element: Runs, mode: 'any' | 'all'): Uint8Array {
  const size = PARSING_SIZE;
  const sums = new Int32Array((size + 1) * size);
  for (let y = 0; y < size; y += 1) {
    const row = y * (size + 1);
    for (let x = 0; x < size; x += 1) {
      sums[row + x + 1] = sums[row + x]! + (mask[y * size + x]! === 0 ? 0 : 1);
    }
  }
  const out = new Uint8Array(size * size);
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let isAny = false;
      let isAll = true;
      for (const { dy, left, right } of element) {
        const row = y + dy;
        if (row < 0 || row >= size) continue;
        const from = Math.max(0, x + left);
        const to = Math.min(size, x + right + 1);
        const set = sums[row * (size + 1) + to]! - sums[row * (size + 1) + from]!;
        if (set > 0) isAny = true;
        if (set < to - from) isAll = false;
      }
      out[y * size + x] = (mode === 'any' ? isAny : isAll) ? 255 : 0;
    }
  }
  return out;
}
