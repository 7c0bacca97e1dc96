/**
 * How lids move when an eye closes, as an inverse map: for a point of the closing eye, which points of the open eye it
 * shows. The upper lid slides down over the eyeball, lashes and edge in one piece; the skin below the brow unfolds to
 * follow; the lower lid rises a little. The eyeball itself stays where it is.
 */
import { LID_SAMPLES, type EyeShape } from './eye-shape.ts';
import { smoothStep } from './smooth-step.ts';

/** All in shares of the largest opening. */
const LASH_ZONE = 0.34;
/** Where there is little skin above the lid, lashes take no more than this share of it. */
const MAX_LASH_SHARE = 0.25;
/** The lid begins this much above its edge and ends this much below the lower one, so that no eyeball shows when shut. */
const EDGE_ABOVE = 0.03;
const EDGE_BELOW = 0.05;
/** Opening from which on the two above hold in full; towards the corners they fade. */
const FULL_OPENING = 0.3;
const LOWER_RISE = 0.12;
const LOWER_REACH = 0.9;
/** Lashes seen from above lie denser: the falling lid darkens towards its edge, over this height. */
const SHADE = 0.5;
const SHADE_ZONE = 0.16;
/** Stretching of lid skin that looks torn. */
const MAX_UNFOLDING = 4.5;
/** Stretching above which the ends of the skin no longer keep their scale: a steeper curve would fold. */
const MAX_SLOPE = 2.4;
/** Rows of the eyeball just above the lower lid that give way to it, px. */
const LOWER_EDGE_PX = 2;

/** What a point of the closing eye shows: a height shift into the open eye for each of two layers, and their mix. */
export type LidShift = {
  /** Added to the point's height to find its pixel when it is upper lid. */
  upper: number;
  /** The same when it is eyeball or lower lid. */
  lower: number;
  /** Share of the upper lid, 0–1. */
  upperShare: number;
  /** Brightness of the upper lid here, 0–1. */
  upperLight: number;
};

const lashZonePx = ({ openPx, reachPx }: EyeShape): number =>
  Math.min(LASH_ZONE * openPx, MAX_LASH_SHARE * reachPx);

/** Whether there is skin enough above the lid to close this eye. */
export function canUnfold(shape: EyeShape): boolean {
  const skin = shape.reachPx - lashZonePx(shape);
  return skin > 0 && (skin + shape.openPx) / skin < MAX_UNFOLDING;
}

/**
 * Fill `shift` for a point `place` px along the eye's axis and `height` px below it, lids closed by `closure` (0–1).
 * False where nothing changes.
 */
export function lidShiftAt(
  shape: EyeShape,
  closure: number,
  place: number,
  height: number,
  shift: LidShift,
): boolean {
  const at = (place / shape.lengthPx) * (LID_SAMPLES - 1);
  if (at <= 0 || at >= LID_SAMPLES - 1) return false;
  const left = Math.floor(at); // left + 1 < LID_SAMPLES
  const ratio = at - left;
  const upper = shape.upper[left]! + ratio * (shape.upper[left + 1]! - shape.upper[left]!);
  const lower = shape.lower[left]! + ratio * (shape.lower[left + 1]! - shape.lower[left]!);
  const open = lower - upper;
  if (open <= 0) return false;
  const rise = LOWER_RISE * open * closure;
  const overlap = shape.openPx * Math.min(1, open / (FULL_OPENING * shape.openPx));
  const edge = upper - EDGE_ABOVE * overlap;
  const fall = closure * (lower - LOWER_RISE * open + EDGE_BELOW * overlap - edge);
  const top = upper - shape.reachPx;
  const lowest = lower - rise + LOWER_REACH * shape.openPx;
  if (height <= top || height >= lowest) return false;
  shift.upperShare = Math.min(1, Math.max(0, edge + fall - height + 0.5));
  shift.upper = 0;
  shift.lower = 0;
  shift.upperLight = 1;
  if (shift.upperShare > 0) {
    const aboveEdge = (edge + fall - height) / (SHADE_ZONE * shape.openPx);
    shift.upperLight = 1 - (SHADE * closure * overlap * smoothStep(1 - aboveEdge)) / shape.openPx;
    const lash = upper - lashZonePx(shape);
    shift.upper =
      height >= lash + fall ? -fall : top + unfold(height - top, lash - top, fall) - height;
  }
  if (shift.upperShare < 1) {
    const belowLid = height - (lower - rise);
    const inLid =
      belowLid < 0 ? 1 + belowLid / LOWER_EDGE_PX : 1 - belowLid / (LOWER_REACH * shape.openPx);
    shift.lower = rise * smoothStep(inLid);
  }
  return true;
}

/**
 * Where on skin of length `skin` a place lies that is at `at` after its lower end moved down by `fall`. Both ends keep
 * their scale if they can, so that neither crease nor lashes show a step; the middle is stretched (cubic Hermite).
 */
function unfold(at: number, skin: number, fall: number): number {
  const slope = Math.min(MAX_SLOPE, (skin + fall) / skin);
  const t = at / (skin + fall);
  return skin * t * (slope + t * (3 - 3 * slope + t * (2 * slope - 2)));
}
