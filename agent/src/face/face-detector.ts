import type { FaceModels, FaceModelName } from './face-models.ts';
import type { Box, Picture } from './picture.ts';
import { resampleRegion } from './resample.ts';

/** Which detector: `full-range` finds small faces, `short-range` (a face near a webcam) is three times faster. */
export type DetectorKind = 'full-range' | 'short-range';

/** One detected face, in picture pixels. */
export type FaceDetection = {
  /** 0–1. */
  score: number;
  box: Box;
  /** x and y of: subject's right eye, left eye, nose tip, mouth centre, right ear, left ear. */
  keypoints: Float32Array;
};

/** A square of the picture to search in. It may reach beyond the picture. */
export type SearchSquare = { x: number; y: number; sizePx: number };

type DetectorShape = {
  model: FaceModelName;
  inputSize: number;
  grids: { cells: number; perCell: number }[];
};

const SHAPES: Record<DetectorKind, DetectorShape> = {
  'full-range': {
    model: 'face-detector-full-range',
    inputSize: 192,
    grids: [{ cells: 48, perCell: 1 }],
  },
  'short-range': {
    model: 'face-detector-short-range',
    inputSize: 128,
    grids: [
      { cells: 16, perCell: 2 },
      { cells: 8, perCell: 6 },
    ],
  },
};

/** Detections that overlap more than this are one face (MediaPipe's min_suppression_threshold). */
const SAME_FACE_IOU = 0.3;
/** Values per anchor: box centre, box size, six keypoints. */
const VALUES_PER_ANCHOR = 16;

/** BlazeFace: letterbox, network, anchor decoding, weighted non-maximum suppression. Calls must not overlap. */
export class FaceDetector {
  readonly #models: FaceModels;
  readonly #shape: DetectorShape;
  readonly #anchors: Float32Array;
  readonly #input: Float32Array;

  constructor(models: FaceModels, kind: DetectorKind) {
    this.#models = models;
    this.#shape = SHAPES[kind];
    this.#anchors = anchorCentres(this.#shape);
    this.#input = new Float32Array(this.#shape.inputSize ** 2 * 3);
  }

  /**
   * @param minScore 0–1; weaker candidates are dropped before they are merged
   * @returns faces in the square, the best score first
   * @throws AvatarError INFERENCE_FAILED
   */
  async detect(picture: Picture, square: SearchSquare, minScore: number): Promise<FaceDetection[]> {
    const { model, inputSize } = this.#shape;
    const region = { x: square.x, y: square.y, width: square.sizePx, height: square.sizePx };
    const size = { width: inputSize, height: inputSize };
    resampleRegion(picture, region, size, { low: -1, high: 1 }, this.#input);
    const outputs = await this.#models.run(model, this.#input, [1, inputSize, inputSize, 3]);
    const candidates = this.#decode(outputs['boxes']!, outputs['scores']!, minScore);
    return mergeOverlapping(candidates).map((candidate) => toPicturePixels(candidate, square));
  }

  /** Candidates in units of the square, 0–1. */
  #decode(boxes: Float32Array, scores: Float32Array, minScore: number): FaceDetection[] {
    const { inputSize } = this.#shape;
    const found: FaceDetection[] = [];
    for (let i = 0; i < scores.length; i++) {
      const score = 1 / (1 + Math.exp(-scores[i]!));
      if (score < minScore) continue;
      const anchorX = this.#anchors[2 * i]!;
      const anchorY = this.#anchors[2 * i + 1]!;
      const at = VALUES_PER_ANCHOR * i;
      const width = boxes[at + 2]! / inputSize;
      const height = boxes[at + 3]! / inputSize;
      const keypoints = new Float32Array(12);
      for (let k = 0; k < 12; k += 2) {
        keypoints[k] = boxes[at + 4 + k]! / inputSize + anchorX;
        keypoints[k + 1] = boxes[at + 5 + k]! / inputSize + anchorY;
      }
      const x = boxes[at]! / inputSize + anchorX - width / 2;
      const y = boxes[at + 1]! / inputSize + anchorY - height / 2;
      found.push({ score, box: { x, y, width, height }, keypoints });
    }
    return found.sort((a, b) => b.score - a.score);
  }
}

/** The square that holds the whole picture, centred. */
export function wholePicture({ width, height }: Picture): SearchSquare {
  const sizePx = Math.max(width, height);
  return { x: (width - sizePx) / 2, y: (height - sizePx) / 2, sizePx };
}

/** Squares of half the picture's long side that overlap by half or more: a face appears twice as large in one of them. */
export function overlappingTiles({ width, height }: Picture): SearchSquare[] {
  const sizePx = Math.ceil(Math.max(width, height) / 2);
  const starts = (length: number): number[] => {
    if (length <= sizePx) return [(length - sizePx) / 2];
    const steps = Math.ceil((length - sizePx) / (sizePx / 2));
    return Array.from({ length: steps + 1 }, (_, i) => (i * (length - sizePx)) / steps);
  };
  return starts(height).flatMap((y) => starts(width).map((x) => ({ x, y, sizePx })));
}

/** Centres in units of the input, 0–1, in the network's output order. Anchor sizes are fixed to 1 and drop out. */
function anchorCentres({ grids }: DetectorShape): Float32Array {
  const centres: number[] = [];
  for (const { cells, perCell } of grids) {
    for (let y = 0; y < cells; y++) {
      for (let x = 0; x < cells; x++) {
        for (let k = 0; k < perCell; k++) centres.push((x + 0.5) / cells, (y + 0.5) / cells);
      }
    }
  }
  return Float32Array.from(centres);
}

/** Each face becomes the score-weighted mean of its overlapping candidates, which is steadier than the best alone. */
function mergeOverlapping(sorted: FaceDetection[]): FaceDetection[] {
  const merged: FaceDetection[] = [];
  let rest = sorted;
  while (rest.length > 0) {
    const best = rest[0]!;
    const group = rest.filter(
      (other) => other === best || overlap(best.box, other.box) > SAME_FACE_IOU,
    );
    rest = rest.filter((other) => !group.includes(other));
    const total = group.reduce((sum, { score }) => sum + score, 0);
    const mean = (value: (detection: FaceDetection) => number): number =>
      group.reduce((sum, detection) => sum + detection.score * value(detection), 0) / total;
    merged.push({
      score: best.score,
      box: {
        x: mean(({ box }) => box.x),
        y: mean(({ box }) => box.y),
        width: mean(({ box }) => box.width),
        height: mean(({ box }) => box.height),
      },
      keypoints: best.keypoints.map((_, k) => mean(({ keypoints }) => keypoints[k]!)),
    });
  }
  return merged;
}

/** Intersection over union, 0–1. */
function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  const shared = Math.max(0, width) * Math.max(0, height);
  const union = a.width * a.height + b.width * b.height - shared;
  return union > 0 ? shared / union : 0;
}

function toPicturePixels(
  { score, box, keypoints }: FaceDetection,
  { x, y, sizePx }: SearchSquare,
): FaceDetection {
  return {
    score,
    box: {
      x: x + box.x * sizePx,
      y: y + box.y * sizePx,
      width: box.width * sizePx,
      height: box.height * sizePx,
    },
    keypoints: keypoints.map((value, k) => (k % 2 === 0 ? x : y) + value * sizePx),
  };
}
