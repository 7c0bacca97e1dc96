/** What is measured on pictures and polygons: areas, fine structure, seams, likeness. Pure functions. */
import type { Patch } from '../../agent/src/pipeline/model-pack.ts';

/** Brightness of a picture, 0–255, row by row. */
export type Luma = {
  readonly width: number;
  readonly height: number;
  readonly values: Uint8Array;
};

/** A closed line: x and y in turn; the last point joins the first. */
export type Polygon = Float64Array;

/** Area of a polygon that does not cross itself. */
export function polygonArea(polygon: Polygon): number {
  let doubled = 0;
  for (let k = 0; k < polygon.length; k += 2) {
    const next = (k + 2) % polygon.length;
    doubled += polygon[k]! * polygon[next + 1]! - polygon[next]! * polygon[k + 1]!;
  }
  return Math.abs(doubled) / 2;
}

/** 1 for pixels whose centre lies inside the polygon, else 0. */
export function polygonMask(polygon: Polygon, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const crossings: number[] = [];
    for (let k = 0; k < polygon.length; k += 2) {
      const next = (k + 2) % polygon.length;
      const [ax, ay, bx, by] = [polygon[k]!, polygon[k + 1]!, polygon[next]!, polygon[next + 1]!];
      if (ay > y + 0.5 === by > y + 0.5) continue;
      crossings.push(ax + ((y + 0.5 - ay) / (by - ay)) * (bx - ax));
    }
    crossings.sort((a, b) => a - b);
    for (let k = 0; k + 1 < crossings.length; k += 2) {
      const from = Math.max(0, Math.ceil(crossings[k]! - 0.5));
      const to = Math.min(width, Math.ceil(crossings[k + 1]! - 0.5));
      if (from < to) mask.fill(1, y * width + from, y * width + to);
    }
  }
  return mask;
}

/** The mask without every pixel that has one outside it within `steps` px (negative: grown). */
export function shrink(mask: Uint8Array, width: number, height: number, steps: number): Uint8Array {
  let from = mask.slice();
  const kept = steps > 0 ? 1 : 0;
  for (let step = 0; step < Math.abs(steps); step += 1) {
    const to = from.slice();
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        if (from[y * width + x] !== kept) continue;
        for (let k = 0; k < 9; k += 1) {
          const nx = x + (k % 3) - 1;
          const ny = y + Math.floor(k / 3) - 1;
          if (nx < 0 || ny < 0 || nx >= width || ny >= height) continue;
          if (from[ny * width + nx] !== kept) to[y * width + x] = 1 - kept;
        }
      }
    }
    from = to;
  }
  return from;
}

/** Sum of squared Laplacians (4 · here − neighbours) over the pixels of a mask, and how many there are. */
export function fineStructure(
  { width, height, values }: Luma,
  mask: Uint8Array,
): { energy: number; pixels: number } {
  let energy = 0;
  let pixels = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      if (mask[at] === 0) continue;
      const around = values[at - 1]! + values[at + 1]! + values[at - width]! + values[at + width]!;
      energy += (4 * values[at]! - around) ** 2;
      pixels += 1;
    }
  }
  return { energy, pixels };
}

/** Largest change of a byte of an I420 frame that the patch leaves alone (alpha 0; chroma: its whole 2×2 block). */
export function outsideMaximum(
  before: Uint8Array,
  after: Uint8Array,
  sizePx: number,
  patch: Patch,
): number {
  const alpha = frameAlpha(patch, sizePx);
  const half = sizePx / 2;
  let most = 0;
  for (let at = 0; at < alpha.length; at += 1) {
    if (alpha[at] === 0) most = Math.max(most, Math.abs(after[at]! - before[at]!));
  }
  for (let y = 0; y < half; y += 1) {
    for (let x = 0; x < half; x += 1) {
      const top = 2 * y * sizePx + 2 * x;
      if (alpha[top]! + alpha[top + 1]! + alpha[top + sizePx]! + alpha[top + sizePx + 1]!) continue;
      for (const plane of [sizePx * sizePx, sizePx * sizePx + half * half]) {
        const at = plane + y * half + x;
        most = Math.max(most, Math.abs(after[at]! - before[at]!));
      }
    }
  }
  return most;
}

/** The patch's alpha on a square frame. */
export function frameAlpha(patch: Patch, sizePx: number): Uint8Array {
  const alpha = new Uint8Array(sizePx * sizePx);
  for (let y = 0; y < patch.height; y += 1) {
    const row = patch.alpha.subarray(y * patch.width, (y + 1) * patch.width);
    alpha.set(row, (patch.y + y) * sizePx + patch.x);
  }
  return alpha;
}

/**
 * Steps of brightness across the rim of the patch: sums of the differences of neighbouring pixels with different alpha,
 * in the source and in the blended picture.
 */
export function rimSteps(
  before: Luma,
  after: Luma,
  alpha: Uint8Array,
): { before: number; after: number; pairs: number } {
  const { width, height } = before;
  const sums = { before: 0, after: 0, pairs: 0 };
  const add = (a: number, b: number): void => {
    if (alpha[a] === alpha[b]) return;
    sums.before += Math.abs(before.values[a]! - before.values[b]!);
    sums.after += Math.abs(after.values[a]! - after.values[b]!);
    sums.pairs += 1;
  };
  for (let y = 0; y < height - 1; y += 1) {
    for (let x = 0; x < width - 1; x += 1) {
      const at = y * width + x;
      add(at, at + 1);
      add(at, at + width);
    }
  }
  return sums;
}

const SSIM_SIDE = 7;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** Mean structural similarity (Wang et al. 2004, flat windows of 7×7) in a rectangle. */
export function similarity(
  a: Luma,
  b: Luma,
  box: { x: number; y: number; width: number; height: number },
): number {
  let sum = 0;
  let windows = 0;
  const count = SSIM_SIDE * SSIM_SIDE;
  for (let y = box.y; y + SSIM_SIDE <= box.y + box.height; y += 1) {
    for (let x = box.x; x + SSIM_SIDE <= box.x + box.width; x += 1) {
      let [sa, sb, saa, sbb, sab] = [0, 0, 0, 0, 0];
      for (let row = y; row < y + SSIM_SIDE; row += 1) {
        for (let at = row * a.width + x; at < row * a.width + x + SSIM_SIDE; at += 1) {
          const va = a.values[at]!;
          const vb = b.values[at]!;
          sa += va;
          sb += vb;
          saa += va * va;
          sbb += vb * vb;
          sab += va * vb;
        }
      }
      const [ma, mb] = [sa / count, sb / count];
      const [va, vb, cov] = [saa / count - ma * ma, sbb / count - mb * mb, sab / count - ma * mb];
      sum += ((2 * ma * mb + C1) * (2 * cov + C2)) / ((ma * ma + mb * mb + C1) * (va + vb + C2));
      windows += 1;
    }
  }
  return windows === 0 ? NaN : sum / windows;
}
