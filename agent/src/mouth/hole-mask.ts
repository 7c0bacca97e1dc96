/**
 * The opening between the lips as exact pixel coverage, and its blurred copies for light.
 * Coverage by signed area accumulation (as font rasterisers do): every edge adds its area to the cells it crosses,
 * a running sum along the row then gives the covered part of each pixel.
 */

/** Rectangle in region px around the opening. */
export type HoleBounds = { x: number; y: number; width: number; height: number };

/** Coverage buffers, 0–1 per pixel, row by row in `bounds`; grown when a frame needs more. */
export class HoleMask {
  readonly bounds: HoleBounds = { x: 0, y: 0, width: 0, height: 0 };
  /** Covered part of every pixel. */
  coverage = new Float32Array(0);
  /** Coverage with a soft edge (one pixel of [1 2 1] blur): what the interior is blended with. */
  soft = new Float32Array(0);
  /** Coverage blurred over about 3 % of the mouth width: low in narrow places and near the lips. */
  blurred = new Float32Array(0);
  /** Sum of the coverage, px². */
  areaPx = 0;

  #cells = new Float32Array(0);
  #work = new Float32Array(0);

  /**
   * Draw the closed polygon `loop` (vertex numbers into px, py, in region px; the first is repeated at the end) with a
   * margin of `marginPx` around it. Returns false when nothing is covered.
   */
  draw(
    loop: Uint16Array,
    px: Float32Array,
    py: Float32Array,
    limit: { width: number; height: number; marginPx: number },
  ): boolean {
    let minX = Infinity;
    let maxX = -Infinity;
    let minY = Infinity;
    let maxY = -Infinity;
    for (let k = 0; k < loop.length; k += 1) {
      const x = px[loop[k]!]!;
      const y = py[loop[k]!]!;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
    }
    const b = this.bounds;
    b.x = Math.max(0, Math.floor(minX) - limit.marginPx);
    b.y = Math.max(0, Math.floor(minY) - limit.marginPx);
    b.width = Math.min(limit.width, Math.ceil(maxX) + limit.marginPx) - b.x;
    b.height = Math.min(limit.height, Math.ceil(maxY) + limit.marginPx) - b.y;
    this.areaPx = 0;
    if (!(b.width > 2 && b.height > 2)) return false;
    const size = b.width * b.height;
    if (this.coverage.length < size) {
      this.coverage = new Float32Array(size);
      this.soft = new Float32Array(size);
      this.blurred = new Float32Array(size);
      this.#work = new Float32Array(size);
      this.#cells = new Float32Array(size + b.height * 2);
    }
    const stride = b.width + 2;
    if (this.#cells.length < stride * b.height) this.#cells = new Float32Array(stride * b.height);
    this.#cells.fill(0, 0, stride * b.height);
    for (let k = 1; k < loop.length; k += 1) {
      const from = loop[k - 1]!;
      const to = loop[k]!;
      this.#edge(px[from]! - b.x, py[from]! - b.y, px[to]! - b.x, py[to]! - b.y);
    }
    for (let row = 0; row < b.height; row += 1) {
      let sum = 0;
      for (let x = 0; x < b.width; x += 1) {
        sum += this.#cells[row * stride + x]!;
        const covered = sum < 0 ? -sum : sum;
        const value = covered > 1 ? 1 : covered < 1e-4 ? 0 : covered;
        this.coverage[row * b.width + x] = value;
        this.areaPx += value;
      }
    }
    return this.areaPx > 0.01;
  }

  /** Fill `soft`, and `blurred` by two box blurs of the given radius. */
  blur(radiusPx: number): void {
    const { width, height } = this.bounds;
    tent(this.coverage, this.#work, this.soft, width, height);
    boxRows(this.coverage, this.#work, width, height, radiusPx);
    boxColumns(this.#work, this.blurred, width, height, radiusPx);
    boxRows(this.blurred, this.#work, width, height, radiusPx);
    boxColumns(this.#work, this.blurred, width, height, radiusPx);
  }

  /** Add the signed area right of one edge to the cells. Coordinates in bounds px. */
  #edge(x0: number, y0: number, x1: number, y1: number): void {
    if (y0 === y1) return;
    const { width, height } = this.bounds;
    const stride = width + 2;
    const sign = y0 < y1 ? 1 : -1;
    const topX = y0 < y1 ? x0 : x1;
    const topY = y0 < y1 ? y0 : y1;
    const bottomY = y0 < y1 ? y1 : y0;
    const step = (x1 - x0) / (y1 - y0);
    const firstRow = Math.max(0, Math.floor(topY));
    const lastRow = Math.min(height - 1, Math.ceil(bottomY) - 1);
    for (let row = firstRow; row <= lastRow; row += 1) {
      const ya = topY > row ? topY : row;
      const yb = bottomY < row + 1 ? bottomY : row + 1;
      const dy = (yb - ya) * sign;
      const xa = topX + (ya - topY) * step;
      const xb = topX + (yb - topY) * step;
      let left = xa < xb ? xa : xb;
      let right = xa < xb ? xb : xa;
      left = left < 0 ? 0 : left > width ? width : left;
      right = right < 0 ? 0 : right > width ? width : right;
      const first = Math.floor(left);
      const last = Math.floor(right);
      const at = row * stride;
      if (first === last) {
        const part = 1 - ((left + right) / 2 - first);
        this.#cells[at + first]! += dy * part;
        this.#cells[at + first + 1]! += dy * (1 - part);
        continue;
      }
      // The edge crosses several pixels of this row: each gets its share of the running sum.
      const perX = dy / (right - left);
      let before = 0;
      for (let x = first; x <= last; x += 1) {
        const l = left > x ? left : x;
        const r = right < x + 1 ? right : x + 1;
        const inside = (r - l) * perX;
        const value = before + inside * (x + 1 - (l + r) / 2);
        this.#cells[at + x]! += value - this.#carried;
        this.#carried = value;
        before += inside;
      }
      this.#cells[at + last + 1]! += dy - this.#carried;
      this.#carried = 0;
    }
  }

  #carried = 0;
}

/** [1 2 1] in both directions. The outermost pixels are margin and stay 0. */
function tent(
  from: Float32Array,
  work: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
): void {
  const last = width * height - 1;
  work[0] = 0;
  work[last] = 0;
  for (let k = 1; k < last; k += 1) work[k] = 0.25 * (from[k - 1]! + from[k + 1]!) + 0.5 * from[k]!;
  to.fill(0, 0, width);
  to.fill(0, last + 1 - width, last + 1);
  for (let k = width; k <= last - width; k += 1) {
    to[k] = 0.25 * (work[k - width]! + work[k + width]!) + 0.5 * work[k]!;
  }
}

function boxRows(
  from: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const scale = 1 / (2 * radius + 1);
  for (let row = 0; row < height; row += 1) {
    const at = row * width;
    let sum = 0;
    for (let x = 0; x < radius && x < width; x += 1) sum += from[at + x]!;
    for (let x = 0; x < width; x += 1) {
      if (x + radius < width) sum += from[at + x + radius]!;
      if (x - radius > 0) sum -= from[at + x - radius - 1]!;
      to[at + x] = sum * scale;
    }
  }
}

function boxColumns(
  from: Float32Array,
  to: Float32Array,
  width: number,
  height: number,
  radius: number,
): void {
  const scale = 1 / (2 * radius + 1);
  for (let x = 0; x < width; x += 1) {
    let sum = 0;
    for (let row = 0; row < radius && row < height; row += 1) sum += from[row * width + x]!;
    for (let row = 0; row < height; row += 1) {
      if (row + radius < height) sum += from[(row + radius) * width + x]!;
      if (row - radius > 0) sum -= from[(row - radius - 1) * width + x]!;
      to[row * width + x] = sum * scale;
    }
  }
}
