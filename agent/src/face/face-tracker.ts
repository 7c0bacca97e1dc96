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
   * Mesh runs per frame at most. Each starts from the square that the last one found; they end early when it rests.
   * 1 is MediaPipe's own behaviour: landmarks bend a little when the square lags behind the face. On heads that sway,
   * tilt and zoom (face 110–200 px wide) they then scatter by 0.34–0.50 px about the true motion, with 2 runs by
   * 0.22–0.36 px; a third adds nothing. Default 2.
   */
  maxPasses?: number;
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
/** Within tiles this score is enough to ask the mesh: a face that needed tiles is small and scores low. */
const TILE_DETECTION_SCORE = 0.3;
/** The square rests when it moves, grows and turns (radians) by less than this share of its size. */
const RESTING_SHARE = 0.001;
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
  readonly #maxPasses: number;
  readonly #searchTiles: boolean;
  #roi: RotatedSquare | null = null;
  #busy = false;

  constructor(models: FaceModels, options: FaceTrackerOptions) {
    this.#detector = new FaceDetector(models, options.detector ?? 'full-range');
    this.#mesh = new FaceMesh(models);
    this.#minDetectionScore = options.minDetectionScore ?? 0.4;
    this.#minTrackingScore = options.minTrackingScore ?? 0.5;
    this.#maxPasses = options.maxPasses ?? 2;
    this.#searchTiles = options.searchTiles ?? true;
  }

  async track(picture: Picture): Promise<FaceTrackResult | null> {
    assertPicture(picture);
    if (this.#busy) {
      throw new AvatarError('INTERNAL', 'track() was called before its previous call had settled.');
    }
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
    return this.#roi && this.#settle(picture, this.#roi, this.#maxPasses);
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
      inTiles.push(...(await this.#detector.detect(picture, tile, TILE_DETECTION_SCORE)));
    }
    return this.#confirm(picture, inTiles);
  }

  /** The largest sure candidate first: an avatar's video may show bystanders, who are smaller. */
  async #confirm(picture: Picture, candidates: FaceDetection[]): Promise<FaceMeshResult | null> {
    const prominence = ({ score, box }: FaceDetection): number => score * box.width * box.height;
    const ordered = [...candidates].sort((a, b) => prominence(b) - prominence(a));
    for (const candidate of ordered.slice(0, MAX_CANDIDATES)) {
      // One run more than on later frames: the detector's square is rougher than the mesh's own.
      const settled = await this.#settle(picture, roiFromDetection(candidate), this.#maxPasses + 1);
      if (settled) return settled;
    }
    return null;
  }

  /** Runs the mesh until its square rests; null as soon as it sees no face. */
  async #settle(
    picture: Picture,
    start: RotatedSquare,
    passes: number,
  ): Promise<FaceMeshResult | null> {
    let roi = start;
    for (let pass = 1; ; pass++) {
      const result = await this.#mesh.locate(picture, roi);
      if (!(result.score >= this.#minTrackingScore)) return null;
      const next = roiFromLandmarks(result.landmarks);
      if (pass >= passes || isResting(roi, next)) return result;
      roi = next;
    }
  }
}

function isResting(roi: RotatedSquare, next: RotatedSquare): boolean {
  const limit = RESTING_SHARE * roi.sizePx;
  return (
    Math.abs(next.centerX - roi.centerX) < limit &&
    Math.abs(next.centerY - roi.centerY) < limit &&
    Math.abs(next.sizePx - roi.sizePx) < limit &&
    Math.abs(next.rotationRad - roi.rotationRad) < RESTING_SHARE
  );
}

/** A search square of {@link CLOSE_UP} face sizes; the mesh's square is 1.5 of them. */
function around({ centerX, centerY, sizePx }: RotatedSquare): SearchSquare {
  const side = (sizePx / 1.5) * CLOSE_UP;
  return { x: centerX - side / 2, y: centerY - side / 2, sizePx: side };
}
