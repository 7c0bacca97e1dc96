/** The part of a frame the mouth can change, converted to RGB once per frame and kept for the latest few frames. */
import type { FrameStore } from '../pipeline/model-pack.ts';
import type { FaceBasis } from './face-basis.ts';
import type { WarpTarget } from './mesh-warp.ts';
import { sharpen } from './sharpen.ts';
import { convertRegion, type Region } from './yuv.ts';

/** Frames kept. A still avatar needs one; a video played to and fro meets its turning frames again. */
const KEPT_FRAMES = 4;
/** Room around the mesh, px: the warp never samples outside the region. */
const MARGIN_PX = 2;

type Entry = {
  frame: number;
  usedAt: number;
  region: Region;
  packed: Int32Array;
  sharp: Int32Array;
  rgb: Uint8Array;
};

/** What `open` hands out: the warp's target, filled again by every call. */
export type OpenRegion = { -readonly [K in keyof WarpTarget]: WarpTarget[K] };

/** Buffers are grown to the largest region seen and then reused. */
export class RegionCache {
  readonly #target: OpenRegion;
  readonly #frames: FrameStore;
  readonly #entries: Entry[] = [];
  #clock = 0;

  constructor(frames: FrameStore) {
    this.#frames = frames;
    this.#target = {
      region: { x: 0, y: 0, width: 0, height: 0 },
      packed: new Int32Array(0),
      sharp: new Int32Array(0),
      rgb: new Uint8Array(0),
      alpha: new Uint8Array(0),
    };
  }

  /**
   * The region of `frame` around the mesh's undisplaced vertices, with its own pixels in `rgb` and zeros in `alpha`.
   * Null when the mesh lies outside the frame.
   */
  open(frame: number, basis: FaceBasis): OpenRegion | null {
    let entry = this.#find(frame);
    if (entry === undefined) {
      entry = this.#reuse();
      entry.frame = -1;
      if (!this.#measure(basis, entry.region)) return null;
      const size = entry.region.width * entry.region.height;
      if (entry.packed.length < size) {
        entry.packed = new Int32Array(size);
        entry.sharp = new Int32Array(size);
        entry.rgb = new Uint8Array(size * 3);
      }
      convertRegion(this.#frames, frame, entry.region, entry.packed, entry.rgb);
      sharpen(entry.packed, entry.rgb, entry.region.width, entry.region.height, entry.sharp);
      entry.frame = frame;
    }
    entry.usedAt = this.#clock += 1;
    const target = this.#target;
    const size = entry.region.width * entry.region.height;
    if (target.rgb.length < entry.rgb.length) {
      target.alpha = new Uint8Array(entry.rgb.length / 3);
      target.rgb = new Uint8Array(entry.rgb.length);
    }
    target.region = entry.region;
    target.packed = entry.packed;
    target.sharp = entry.sharp;
    target.rgb.set(entry.rgb);
    target.alpha.fill(0, 0, size);
    return target;
  }

  #find(frame: number): Entry | undefined {
    for (const entry of this.#entries) if (entry.frame === frame) return entry;
    return undefined;
  }

  /** A new entry while there is room, else the one used longest ago. */
  #reuse(): Entry {
    if (this.#entries.length < KEPT_FRAMES) {
      const region = { x: 0, y: 0, width: 0, height: 0 };
      const fresh = {
        frame: -1,
        usedAt: 0,
        region,
        packed: new Int32Array(0),
        sharp: new Int32Array(0),
        rgb: new Uint8Array(0),
      };
      this.#entries.push(fresh);
      return fresh;
    }
    let oldest = this.#entries[0]!;
    for (const entry of this.#entries) if (entry.usedAt < oldest.usedAt) oldest = entry;
    return oldest;
  }

  /** Even rectangle around the vertices inside the frame; false when too little is left. */
  #measure(basis: FaceBasis, region: Region): boolean {
    let minX = Infinity;
    let minY = Infinity;
    let maxX = -Infinity;
    let maxY = -Infinity;
    for (let k = 0; k < basis.x.length; k += 1) {
      minX = Math.min(minX, basis.x[k]!);
      maxX = Math.max(maxX, basis.x[k]!);
      minY = Math.min(minY, basis.y[k]!);
      maxY = Math.max(maxY, basis.y[k]!);
    }
    const { width, height } = this.#frames;
    region.x = Math.max(0, Math.floor(minX - MARGIN_PX)) & ~1;
    region.y = Math.max(0, Math.floor(minY - MARGIN_PX)) & ~1;
    region.width = (Math.min(width, Math.ceil(maxX + MARGIN_PX) + 1) - region.x) & ~1;
    region.height = (Math.min(height, Math.ceil(maxY + MARGIN_PX) + 1) - region.y) & ~1;
    return region.width >= 8 && region.height >= 8;
  }
}
