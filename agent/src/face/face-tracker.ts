import { AvatarError } from '../errors.ts';
import type { RotatedSquare } from './affine-crop.ts';
import {
  FaceDetector,
  overlappingTiles,
  wholePicture,
  type DetectorKind,
  type FaceDetection,
  type SearchSquare,
} from './face-detector.ts';
import {
  FaceMesh,
  faceBox,
  roiFromDetection,
  roiFromLandmarks,
  type FaceMeshResult,
} from './face-mesh.ts';
import type { FaceModels } from './face-models.ts';
import { assertPicture, type Box, type Picture } from './picture.ts';

/** How to search and when to let go; every field has a default. */
export type FaceTrackerOptions = {
  /** Default `full-range`. */
  detector?: DetectorKind;
  /** Detector score from which a candidate is tried, 0–1. Default 0.4. */
  minDetectionScore?: number;
  /** Mesh score below which the face counts as lost, 0–1. Default 0.5. */
  minTrackingScore?: number;
  /**
   * Search the picture again in overlapping tiles when nothing was found. Finds smaller faces; a picture without a
   * face then costs six to nine detector runs more. Default true.
   */
  searchTiles?: boolean;
};

/** One face in one picture. */
export type FaceTrackResult = {
  /** 478 × (x, y, z): x and y in picture pixels, z in the same scale, smaller towards the camera. The caller's own. */
  landmarks: Float32Array;
  /** 0–1. */
  score: number;
  /** Box of the face surface (forehead to chin, without ears and hair), in picture pixels. */
  box: Box;
};

/** Follows the most prominent face through the frames of one video. */
export type FaceTracker = {
  /**
   * Landmarks of the face in the next frame, or null when no face is visible. Frames go in order, one at a time; for
   * unrelated pictures call `reset` between them.
   *
   * @throws AvatarError INTERNAL on an impossible picture or an overlapping call, INFERENCE_FAILED
   */
  track(picture: Picture): Promise<FaceTrackResult | null>;
  /** Forget the face, as at the start of another video. */
  reset(): void;
};

/** Candidates below `minDetectionScore` but above this are looked at again from nearby. */
const WEAK_DETECTION_SCORE = 0.15;
/** Side of the nearer look, in sides of the candidate's box. */
const CLOSE_UP = 2.5;
/** Candidates tried per search square: more than this many false ones before the true one has not been seen. */
const MAX_CANDIDATES = 3;

/** A tracker with its own buffers; it owns nothing in `models`, which several trackers may share. */
export function createFaceTracker(
  models: FaceModels,
  options: FaceTrackerOptions = {},
): FaceTracker {
  return new MeshFaceTracker(models, options);
}

class MeshFaceTracker implements FaceTracker {
  readonly #detector: FaceDetector;
  readonly #mesh: FaceMesh;
  readonly #minDetectionScore: number;
  readonly #minTrackingScore: number;
  readonly #searchTiles: boolean;
  #roi: RotatedSquare | null = null;
  #busy = false;

  constructor(models: FaceModels, options: FaceTrackerOptions) {
    this.#detector = new FaceDetector(models, options.detector ?? 'full-range');
    this.#mesh = new FaceMesh(models);
    this.#minDetectionScore = options.minDetectionScore ?? 0.4;
    this.#minTrackingScore = options.minTrackingScore ?? 0.5;
    this.#searchTiles = options.searchTiles ?? true;
  }

  async track(picture: Picture): Promise<FaceTrackResult | null> {
    assertPicture(picture);
    if (this.#busy)
      throw new AvatarError('INTERNAL', 'track() was called before its previous call had settled.');
    this.#busy = true;
    try {
      const face = (await this.#follow(picture)) ?? (await this.#search(picture));
      this.#roi = face && roiFromLandmarks(face.landmarks);
      return face && { landmarks: face.landmarks, score: face.score, box: faceBox(face.landmarks) };
    } finally {
      this.#busy = false;
    }
  }

  reset(): void {
    this.#roi = null;
  }

  async #follow(picture: Picture): Promise<FaceMeshResult | null> {
    return this.#roi && this.#accept(picture, this.#roi);
  }

  /** From the likeliest place to the least likely; stops at the first face that the mesh confirms. */
  async #search(picture: Picture): Promise<FaceMeshResult | null> {
    if (this.#roi) {
      const nearby = await this.#detector.detect(
        picture,
        around(this.#roi),
        this.#minDetectionScore,
      );
      const face = await this.#confirm(picture, nearby);
      if (face) return face;
    }
    const all = await this.#detector.detect(picture, wholePicture(picture), WEAK_DETECTION_SCORE);
    const strong = all.filter(({ score }) => score >= this.#minDetectionScore);
    const face = await this.#confirm(picture, strong);
    if (face) return face;

    const weak = all
      .filter(({ score }) => score < this.#minDetectionScore)
      .slice(0, MAX_CANDIDATES);
    for (const candidate of weak) {
      const closeUp = around(roiFromDetection(candidate));
      const seen = await this.#detector.detect(picture, closeUp, this.#minDetectionScore);
      const confirmed = await this.#confirm(picture, seen);
      if (confirmed) return confirmed;
    }

    if (!this.#searchTiles) return null;
    const inTiles: FaceDetection[] = [];
    for (const tile of overlappingTiles(picture)) {
      inTiles.push(...(await this.#detector.detect(picture, tile, this.#minDetectionScore)));
    }
    return this.#confirm(picture, inTiles);
  }

  /** The largest sure candidate first: an avatar's video may show bystanders, who are smaller. */
  async #confirm(picture: Picture, candidates: FaceDetection[]): Promise<FaceMeshResult | null> {
    const prominence = ({ score, box }: FaceDetection): number => score * box.width * box.height;
    const ordered = [...candidates].sort((a, b) => prominence(b) - prominence(a));
    for (const candidate of ordered.slice(0, MAX_CANDIDATES)) {
      const first = await this.#accept(picture, roiFromDetection(candidate));
      // A second pass from the mesh's own square: the first frame then looks like every later one and does not jump.
      const settled = first && (await this.#accept(picture, roiFromLandmarks(first.landmarks)));
      if (settled) return settled;
    }
    return null;
  }

  async #accept(picture: Picture, roi: RotatedSquare): Promise<FaceMeshResult | null> {
    const result = await this.#mesh.locate(picture, roi);
    return result.score >= this.#minTrackingScore ? result : null;
  }
}

/** A search square of {@link CLOSE_UP} face sizes; the mesh's square is 1.5 of them. */
function around({ centerX, centerY, sizePx }: RotatedSquare): SearchSquare {
  const side = (sizePx / 1.5) * CLOSE_UP;
  return { x: centerX - side / 2, y: centerY - side / 2, sizePx: side };
}
