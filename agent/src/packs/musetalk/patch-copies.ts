/** Copies of patches that stay valid while other renders go on: a ring of as many as there can be at a time. */
import type { Patch } from '../../pipeline/model-pack.ts';

/** See the head of this file. Buffers grow to the largest patch and are then reused. */
export class PatchCopies {
  readonly #ring: (Patch & { rgb: Uint8Array; alpha: Uint8Array })[];
  #next = 0;

  constructor(count: number) {
    this.#ring = Array.from({ length: count }, () => ({
      x: 0,
      y: 0,
      width: 0,
      height: 0,
      rgb: new Uint8Array(0),
      alpha: new Uint8Array(0),
    }));
  }

  /** A copy that is valid until `count` further copies are made. */
  copy(patch: Patch): Patch {
    const target = this.#ring[this.#next]!; // #next < length
    this.#next = (this.#next + 1) % this.#ring.length;
    const { x, y, width, height } = patch;
    const pixels = width * height;
    if (target.alpha.length < pixels) {
      target.alpha = new Uint8Array(pixels);
      target.rgb = new Uint8Array(3 * pixels);
    }
    target.rgb.set(patch.rgb.subarray(0, 3 * pixels));
    target.alpha.set(patch.alpha.subarray(0, pixels));
    return Object.assign(target, { x, y, width, height });
  }
}
