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

/**
 * 255 where the picture is replaced, else 0; 512 × 512. `classes`: parsing of the same size.
 * @param firstRow rows above it are left 0, which saves time when only the lower part is wanted
 */
export function jawMask(classes: Uint8Array, firstRow = 0): Uint8Array {
  const skin = classes.map((value) => (value === SKIN ? 255 : 0));
  // Every erosion looks one row up.
  const start = Math.max(0, firstRow - CHEEK_PASSES);
  const grown = combine(skin, CONE, 'any', start);
  let trimmed = grown;
  for (let pass = 1; pass <= CHEEK_PASSES; pass += 1) {
    trimmed = combine(trimmed, FLAT_ELLIPSE, 'all', start === 0 ? 0 : start + pass);
  }
  const out = new Uint8Array(PARSING_SIZE * PARSING_SIZE);
  for (let y = firstRow, at = firstRow * PARSING_SIZE; y < PARSING_SIZE; y += 1) {
    for (let x = 0; x < PARSING_SIZE; x += 1, at += 1) {
      const isCheek = x <= LEFT_BAND_END || x >= RIGHT_BAND_START;
      const kind = classes[at]!; // 512 × 512, as all here
      if (kind === MOUTH || kind === UPPER_LIP || kind === LOWER_LIP) out[at] = 255;
      else if (kind !== NOSE) out[at] = isCheek ? trimmed[at]! : grown[at]!;
    }
  }
  return out;
}

/**
 * Dilation (`any` pixel under the element) or erosion (`all` of them) of the rows from `firstRow` on; what lies
 * outside the picture is left out.
 */
function combine(
  mask: Uint8Array,
  element: Runs,
  mode: 'any' | 'all',
  firstRow: number,
): Uint8Array {
  const size = PARSING_SIZE;
  const reach = Math.max(...element.map(({ dy }) => Math.abs(dy)));
  // Number of set pixels left of each place of a row: any run is one difference.
  const sums = new Int32Array((size + 1) * size);
  for (let y = Math.max(0, firstRow - reach); y < size; y += 1) {
    const row = y * (size + 1);
    for (let x = 0; x < size; x += 1) {
      sums[row + x + 1] = sums[row + x]! + (mask[y * size + x]! === 0 ? 0 : 1); // in the tables
    }
  }
  const out = new Uint8Array(size * size);
  for (let y = firstRow; y < size; y += 1) {
    const runs = element.filter(({ dy }) => y + dy >= 0 && y + dy < size);
    for (let x = 0; x < size; x += 1) {
      let isSet = mode === 'all';
      for (const { dy, left, right } of runs) {
        const row = (y + dy) * (size + 1);
        const from = Math.max(0, x + left);
        const to = Math.min(size, x + right + 1);
        const set = sums[row + to]! - sums[row + from]!; // to ≤ size
        if (mode === 'any' ? set > 0 : set < to - from) {
          isSet = !isSet;
          break;
        }
      }
      out[y * size + x] = isSet ? 255 : 0;
    }
  }
  return out;
}
