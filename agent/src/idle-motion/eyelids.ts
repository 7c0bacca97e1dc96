/**
 * Closes the eyes of a finished frame, in place: pixels around each eye are fetched from a copy of the open eye.
 * Only an avatar whose eyes are plainly there blinks (see eye-checks.ts).
 */
import type { FaceTrack, FrameStore } from '../pipeline/model-pack.ts';
import { LANDMARK_COUNT } from '../pipeline/model-pack.ts';
import { emptyEyeShape, EYES, measureEye, type EyeShape } from './eye-shape.ts';
import { snapLids } from './lid-edge.ts';
import { trimReach } from './lid-room.ts';
import { lidShiftAt, type LidShift } from './lid-motion.ts';

/** Rows and columns around the lids that their motion can reach, in openings of the eye. */
const MARGIN_OPENINGS = 1.2;
const MARGIN_PX = 4;

/** An even rectangle inside the frame. */
type Box = { x: number; y: number; width: number; height: number };

/** Lids of one avatar. Buffers grow to the largest eye and are reused. */
export class Eyelids {
  readonly #width: number;
  readonly #height: number;
  readonly #landmarks: Float32Array;
  readonly #shape: EyeShape = emptyEyeShape();
  readonly #box: Box = { x: 0, y: 0, width: 0, height: 0 };
  readonly #shift: LidShift = { upper: 0, lower: 0, upperShare: 0, upperLight: 1 };
  #copy = new Uint8Array(0);

  constructor(frames: Pick<FrameStore, 'width' | 'height'>, track: FaceTrack) {
    this.#width = frames.width;
    this.#height = frames.height;
    this.#landmarks = track.landmarks;
  }

  /** Close both eyes of `planes` (I420, source frame `sourceFrame`) by `closure`: 0 as they are … 1 shut. */
  close(planes: Uint8Array, sourceFrame: number, closure: number): void {
    for (const indices of EYES) {
      measureEye(this.#landmarks, sourceFrame * LANDMARK_COUNT * 3, indices, this.#shape);
      snapLids(planes, this.#width, this.#height, this.#shape);
      trimReach(planes, this.#width, this.#height, this.#shape);
      if (!this.#placeBox()) continue;
      const uPlane = this.#width * this.#height;
      this.#closePlane(planes, 0, 1, closure);
      this.#closePlane(planes, uPlane, 2, closure);
      this.#closePlane(planes, uPlane + (uPlane >> 2), 2, closure);
    }
  }

  /** The box in the plane that begins at `offset`; `pitch`: frame px per sample. */
  #closePlane(planes: Uint8Array, offset: number, pitch: number, closure: number): void {
    const box = this.#box;
    const width = box.width / pitch;
    const height = box.height / pitch;
    const stride = this.#width / pitch;
    const start = offset + (box.y / pitch) * stride + box.x / pitch;
    const shape = this.#shape;
    const shift = this.#shift;
    if (this.#copy.length < width * height) this.#copy = new Uint8Array(width * height);
    const copy = this.#copy;
    for (let row = 0; row < height; row += 1) {
      const from = start + row * stride;
      for (let i = 0; i < width; i += 1) copy[row * width + i] = planes[from + i]!; // the box lies inside the frame
    }
    const centre = (pitch - 1) / 2;
    for (let row = 0; row < height; row += 1) {
      const offY = box.y + row * pitch + centre - shape.y;
      for (let column = 0; column < width; column += 1) {
        const offX = box.x + column * pitch + centre - shape.x;
        const place = offX * shape.alongX + offY * shape.alongY;
        const below = offY * shape.alongX - offX * shape.alongY;
        if (!lidShiftAt(shape, closure, place, below, shift)) continue;
        let value = 0;
        if (shift.upperShare > 0) {
          const by = shift.upper / pitch;
          // Shade is a matter of luma; colour stays.
          value =
            shift.upperShare *
            (pitch === 1 ? shift.upperLight : 1) *
            sample(copy, width, height, column - by * shape.alongY, row + by * shape.alongX);
        }
        if (shift.upperShare < 1) {
          const by = shift.lower / pitch;
          value +=
            (1 - shift.upperShare) *
            sample(copy, width, height, column - by * shape.alongY, row + by * shape.alongX);
        }
        planes[start + row * stride + column] = (value + 0.5) | 0;
      }
    }
  }

  /** The even box around an eye and everything its lids move. False when too little of it is in the frame. */
  #placeBox(): boolean {
    const { x, y, alongX, alongY, lengthPx, openPx, reachPx } = this.#shape;
    const above = reachPx + openPx + MARGIN_PX;
    const below = (1 + MARGIN_OPENINGS) * openPx + MARGIN_PX;
    let minX = Infinity;
    let maxX = -Infinity;
    let minY = Infinity;
    let maxY = -Infinity;
    for (let corner = 0; corner < 4; corner += 1) {
      const along = (corner & 1) * lengthPx;
      const down = corner < 2 ? -above : below;
      const px = x + along * alongX - down * alongY;
      const py = y + along * alongY + down * alongX;
      minX = Math.min(minX, px);
      maxX = Math.max(maxX, px);
      minY = Math.min(minY, py);
      maxY = Math.max(maxY, py);
    }
    const box = this.#box;
    box.x = Math.max(0, Math.floor(minX)) & ~1;
    box.y = Math.max(0, Math.floor(minY)) & ~1;
    box.width = (Math.min(this.#width, Math.ceil(maxX) + 2) - box.x) & ~1;
    box.height = (Math.min(this.#height, Math.ceil(maxY) + 2) - box.y) & ~1;
    return box.width >= 4 && box.height >= 4;
  }
}

/** Bilinear sample of a plane, its edges repeated. */
function sample(plane: Uint8Array, width: number, height: number, x: number, y: number): number {
  const left = Math.min(width - 1, Math.max(0, x));
  const top = Math.min(height - 1, Math.max(0, y));
  const column = Math.min(width - 2, Math.floor(left));
  const row = Math.min(height - 2, Math.floor(top));
  const fx = left - column;
  const fy = top - row;
  const at = row * width + column; // at + width + 1 < width × height
  const above = plane[at]! + fx * (plane[at + 1]! - plane[at]!);
  const below = plane[at + width]! + fx * (plane[at + width + 1]! - plane[at + width]!);
  return above + fy * (below - above);
}
