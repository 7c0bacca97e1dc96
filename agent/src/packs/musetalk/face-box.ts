/**
 * Where the face crop lies (musetalk/utils/preprocessing.py): from the left- to the rightmost of 68 points, down to the
 * chin, up as far above the nose bridge as the chin is below it; v1.5 adds a margin below the chin.
 */
import type { FaceTrack } from '../../pipeline/model-pack.ts';
import { NOSE_BRIDGE, pointsOf } from './landmarks-68.ts';
import type { Rect } from './picture.ts';

/** Room below the chin in v1.5, px of the frame. */
export const CHIN_MARGIN_PX = 10;
/** Standard deviation of the smoothing over time, frames; the track itself is smoothed over ±1. */
const SMOOTHING_FRAMES = 2;
const SMOOTHING_REACH = 6;

/** The four numbers the rule needs, px. */
export type FaceExtent = {
  readonly left: number;
  readonly right: number;
  /** Height of the nose bridge (point 29). */
  readonly middle: number;
  readonly chin: number;
};

/** Extent of 68 points (x, y, x, y, …). */
export function extentOf(points: ArrayLike<number>): FaceExtent {
  let left = Infinity;
  let right = -Infinity;
  let chin = -Infinity;
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    chin = Math.max(chin, points[i + 1]!);
  }
  return { left, right, middle: points[2 * NOSE_BRIDGE + 1]!, chin };
}

/**
 * MuseTalk's rule on whole pixels. undefined where it has no box and MuseTalk takes its detector's: no area, or the
 * face begins left of the frame.
 * @param shiftPx bbox_shift: moves the middle line down, and the top by twice as much. v1.5 itself always has 0
 */
export function faceBox(
  extent: FaceExtent,
  shiftPx: number,
  marginPx: number,
  frameHeightPx: number,
): Rect | undefined {
  const x0 = Math.trunc(extent.left);
  const x1 = Math.trunc(extent.right);
  const chin = Math.trunc(extent.chin);
  const middle = Math.trunc(Math.trunc(extent.middle) + shiftPx);
  const y0 = Math.max(0, middle - (chin - middle));
  if (chin <= y0 || x1 <= x0 || x0 < 0) return undefined;
  return { x0, y0, x1, y1: withMargin(chin, marginPx, frameHeightPx) };
}

/** Lower edge of a box with its margin: not below the frame. */
export const withMargin = (bottom: number, marginPx: number, frameHeightPx: number): number =>
  Math.min(bottom + marginPx, frameHeightPx);

/** Options of boxesOf. */
export type BoxOptions = {
  readonly frameWidthPx: number;
  readonly frameHeightPx: number;
  readonly bboxShiftPx: number;
};

/**
 * One box per frame of a track, smoothed over time without delay and moved inside the frame on all four sides.
 * undefined for frames whose face lies outside the frame.
 */
export function boxesOf(track: FaceTrack, options: BoxOptions): (Rect | undefined)[] {
  const { frameWidthPx, frameHeightPx, bboxShiftPx } = options;
  const frameCount = track.interpolated.length;
  const extents = Array.from({ length: frameCount }, (_, frame) =>
    extentOf(pointsOf(track.landmarks, frame)),
  );
  return extents.map((_, frame) => {
    const at = (key: keyof FaceExtent): number => smoothed(extents, key, frame);
    const extent = { left: at('left'), right: at('right'), middle: at('middle'), chin: at('chin') };
    const box = faceBox(
      // The rule refuses faces that begin left of the frame; ours are cut there like on the other sides.
      { ...extent, left: Math.max(0, extent.left) },
      bboxShiftPx,
      CHIN_MARGIN_PX,
      frameHeightPx,
    );
    if (!box) return undefined;
    const x1 = Math.min(box.x1, frameWidthPx);
    return x1 > box.x0 && box.y1 > box.y0 ? { ...box, x1 } : undefined;
  });
}

/** Gaussian mean over the frames around `frame`; the ends are mirrored, as the source is played to and fro. */
function smoothed(extents: readonly FaceExtent[], key: keyof FaceExtent, frame: number): number {
  if (extents.length === 1) return extents[0]![key];
  const period = 2 * (extents.length - 1);
  let sum = 0;
  let total = 0;
  for (let offset = -SMOOTHING_REACH; offset <= SMOOTHING_REACH; offset += 1) {
    const phase = (((frame + offset) % period) + period) % period;
    const weight = Math.exp(-0.5 * (offset / SMOOTHING_FRAMES) ** 2);
    sum += weight * extents[phase < extents.length ? phase : period - phase]![key];
    total += weight;
  }
  return sum / total;
}
