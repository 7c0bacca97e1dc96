/**
 * How much each place of a frame takes part in which motion, on a coarse grid; made once per avatar.
 *
 *   head    1 inside an ellipse around face and hair; outside it falls to 0 over neck and background
 *   depth   how far a point lies in front of the neck's axis: what a small turn or nod moves, the nose most
 *   torso   shoulders follow the head's sway a little
 *   breath  shoulders and chest, hardly anything at the face
 *   brow    both brows
 *
 * Everything is 0 in the outermost 16 px of the frame, so no border ever shows.
 */
import type { HeadGeometry } from './head-geometry.ts';
import { smoothStep } from './smooth-step.ts';

/** Distance of two nodes, px. */
export const CELL_PX = 16;

/** Nodes lie at multiples of CELL_PX from the top left corner; the last row and column on the frame's edge or beyond it. */
export type MotionWeights = {
  readonly columns: number;
  readonly rows: number;
  /** Per node, 0–1. */
  readonly head: Float32Array;
  /** Per node, px. */
  readonly depth: Float32Array;
  /** Per node, 0–1. */
  readonly torso: Float32Array;
  readonly breath: Float32Array;
  readonly brow: Float32Array;
  /** (columns − 1) × (rows − 1) cells: 1 where a corner can move. */
  readonly isMoving: Uint8Array;
  /** Cells: 1 where a corner lies inside the head. */
  readonly isHead: Uint8Array;
};

/** The head's ellipse, in face heights and widths: hair included. */
const HEAD_RISE = 0.195;
const HEAD_HALF_HEIGHT = 0.695;
const HEAD_HALF_WIDTH = 0.62;
/** Radius (1 = the ellipse) at which the head's weight has fallen to 0. */
const HEAD_REACH = 1.85;
/** Plane of the neck's axis behind the middle of the mesh: about where the cheek edges are, in face widths. */
const RIM_DEPTH = 0.45;
/** A landmark speaks for its surroundings, in face widths. */
const DEPTH_BLUR = 0.07;
/** Share of the head's sway that the shoulders follow. */
const TORSO_SHARE = 0.3;
/** Share of a breath that lifts the head. */
const HEAD_BREATH = 0.15;
/** Distance below the chin from which on the chest breathes in full, in face heights. */
const CHEST_DROP = 0.4;
/** From fixed to free at the border, px per px of the shorter side. */
const BORDER_FADE = 0.045;
/** Radius of a brow, in face widths. */
const BROW_RADIUS = 0.16;
const BROWS = [70, 63, 105, 66, 107, 300, 293, 334, 296, 336];
const MESH_LANDMARKS = 468;

/** Make the weights of a frame of `width` × `height` px. `landmarks`: 478 × 3. */
export function createMotionWeights(
  width: number,
  height: number,
  landmarks: Float32Array,
  geometry: HeadGeometry,
): MotionWeights {
  const columns = Math.ceil(width / CELL_PX) + 1;
  const rows = Math.ceil(height / CELL_PX) + 1;
  const layer = (): Float32Array => new Float32Array(columns * rows);
  const head = layer();
  const depth = layer();
  const torso = layer();
  const breath = layer();
  const brow = layer();
  const { faceWidthPx, faceHeightPx, centreX, centreY, cosRoll, sinRoll } = geometry;
  for (let node = 0; node < columns * rows; node += 1) {
    const x = (node % columns) * CELL_PX;
    const y = Math.floor(node / columns) * CELL_PX;
    const free = borderFreedom(x, y, width, height);
    if (free === 0) continue;
    const across = ((x - centreX) * cosRoll + (y - centreY) * sinRoll) / faceWidthPx;
    const down = ((y - centreY) * cosRoll - (x - centreX) * sinRoll) / faceHeightPx;
    const radius = Math.hypot(across / HEAD_HALF_WIDTH, (down + HEAD_RISE) / HEAD_HALF_HEIGHT);
    const inHead = 1 - smoothStep((radius - 1) / (HEAD_REACH - 1));
    const dome = Math.max(0, 1 - radius * radius);
    // The neck between chin and chest belongs to both.
    const inChest = smoothStep((down - 0.5) / CHEST_DROP);
    head[node] = free * inHead;
    depth[node] = free * inHead * depthAt(x, y, landmarks, faceWidthPx, dome);
    torso[node] = free * TORSO_SHARE * inChest * (1 - inHead);
    breath[node] = free * (HEAD_BREATH * inHead + inChest * (1 - HEAD_BREATH * inHead));
    brow[node] = free * browWeight(x, y, landmarks, faceWidthPx);
  }
  const layers = [head, depth, torso, breath, brow];
  return {
    columns,
    rows,
    head,
    depth,
    torso,
    breath,
    brow,
    isMoving: cellsWhere(columns, rows, (node) => layers.some((values) => values[node] !== 0)),
    isHead: cellsWhere(columns, rows, (node) => head[node]! > 0.99), // node < columns × rows
  };
}

/** 0 in the outermost cell on each side, 1 further inside. */
function borderFreedom(x: number, y: number, width: number, height: number): number {
  const fadePx = BORDER_FADE * Math.min(width, height);
  const ramp = (distancePx: number): number => smoothStep((distancePx - CELL_PX) / fadePx);
  // A cell that is cut off by the right or lower edge stands still too.
  return ramp(x) * ramp(y) * ramp(wholeCells(width) - x) * ramp(wholeCells(height) - y);
}

const wholeCells = (lengthPx: number): number => lengthPx - (lengthPx % CELL_PX);

/** How far a point lies in front of the neck's axis, px: from the landmarks, and a dome where there are none. */
function depthAt(
  x: number,
  y: number,
  landmarks: Float32Array,
  faceWidthPx: number,
  dome: number,
): number {
  const rimPx = RIM_DEPTH * faceWidthPx;
  const falloff = 1 / (2 * (DEPTH_BLUR * faceWidthPx) ** 2);
  // The dome counts half as much as a landmark right here.
  let weightSum = 0.5;
  let sum = weightSum * dome * rimPx;
  for (let i = 0; i < MESH_LANDMARKS; i += 1) {
    const squared = (x - landmarks[i * 3]!) ** 2 + (y - landmarks[i * 3 + 1]!) ** 2; // 478 × 3
    const weight = Math.exp(-squared * falloff);
    weightSum += weight;
    sum += weight * Math.max(0, rimPx - landmarks[i * 3 + 2]!);
  }
  return sum / weightSum;
}

function browWeight(x: number, y: number, landmarks: Float32Array, faceWidthPx: number): number {
  let nearest = Infinity;
  for (const i of BROWS) {
    nearest = Math.min(nearest, Math.hypot(x - landmarks[i * 3]!, y - landmarks[i * 3 + 1]!));
  }
  return 1 - smoothStep(nearest / (BROW_RADIUS * faceWidthPx));
}

/** Cells of which any corner is wanted. */
function cellsWhere(
  columns: number,
  rows: number,
  isWanted: (node: number) => boolean,
): Uint8Array {
  const cells = new Uint8Array((columns - 1) * (rows - 1));
  for (let cell = 0; cell < cells.length; cell += 1) {
    const node = cell + Math.floor(cell / (columns - 1));
    const corners = [node, node + 1, node + columns, node + columns + 1];
    cells[cell] = corners.some(isWanted) ? 1 : 0;
  }
  return cells;
}
