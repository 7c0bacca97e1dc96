import { cropRotatedSquare, type RotatedSquare } from './affine-crop.ts';
import type { FaceDetection } from './face-detector.ts';
import type { FaceModels } from './face-models.ts';
import {
  EYE_OUTER_CORNERS,
  LANDMARK_COUNT,
  LEFT_EYE,
  LEFT_IRIS,
  MESH_LANDMARK_COUNT,
  REFINED_OUTPUTS,
  RIGHT_EYE,
  RIGHT_IRIS,
} from './landmarks.ts';
import type { Box, Picture } from './picture.ts';

const INPUT_SIZE = 192;
/** The network was trained on faces that fill two thirds of its input. */
const ROI_MARGIN = 1.5;

/** Landmarks of one face. */
export type FaceMeshResult = {
  /** 478 × (x, y, z): x and y in picture pixels, z in the same scale, smaller towards the camera. */
  landmarks: Float32Array;
  /** 0–1: how sure the network is that its crop held a face. */
  score: number;
};

/** Attention Mesh: turned crop, network, refined lips, eyes and irises, back to picture pixels. Calls must not overlap. */
export class FaceMesh {
  readonly #models: FaceModels;
  readonly #input = new Float32Array(INPUT_SIZE ** 2 * 3);

  constructor(models: FaceModels) {
    this.#models = models;
  }

  /**
   * @param roi where the face is, from {@link roiFromDetection} or {@link roiFromLandmarks}
   * @throws AvatarError INFERENCE_FAILED
   */
  async locate(picture: Picture, roi: RotatedSquare): Promise<FaceMeshResult> {
    cropRotatedSquare(picture, roi, INPUT_SIZE, { low: 0, high: 1 }, this.#input);
    const outputs = await this.#models.run('face-mesh-attention', this.#input, [
      1,
      INPUT_SIZE,
      INPUT_SIZE,
      3,
    ]);
    const landmarks = new Float32Array(LANDMARK_COUNT * 3);
    landmarks.set(outputs['mesh']!);
    for (const [name, indices] of Object.entries(REFINED_OUTPUTS)) {
      const refined = outputs[name]!;
      indices.forEach((index, i) => {
        landmarks[3 * index] = refined[2 * i]!;
        landmarks[3 * index + 1] = refined[2 * i + 1]!;
      });
    }
    // The network gives irises no depth: they take the mean of their eye's contour, as MediaPipe does.
    for (const { iris, eye } of [
      { iris: RIGHT_IRIS, eye: RIGHT_EYE },
      { iris: LEFT_IRIS, eye: LEFT_EYE },
    ]) {
      const depth = eye.reduce((sum, index) => sum + landmarks[3 * index + 2]!, 0) / eye.length;
      for (const index of iris) landmarks[3 * index + 2] = depth;
    }
    toPicturePixels(landmarks, roi);
    return { landmarks, score: 1 / (1 + Math.exp(-outputs['faceFlag']![0]!)) };
  }
}

/** The turned square that the mesh wants to see around a detected face. */
export function roiFromDetection({ box, keypoints }: FaceDetection): RotatedSquare {
  return {
    centerX: box.x + box.width / 2,
    centerY: box.y + box.height / 2,
    sizePx: ROI_MARGIN * Math.max(box.width, box.height),
    rotationRad: Math.atan2(keypoints[3]! - keypoints[1]!, keypoints[2]! - keypoints[0]!),
  };
}

/**
 * The turned square for the next frame. Its size comes from the axis-aligned box even when the head is tilted, as in
 * MediaPipe; a box along the head's own axes moved landmarks by 0.3–0.7 px.
 */
export function roiFromLandmarks(landmarks: Float32Array): RotatedSquare {
  const box = faceBox(landmarks);
  const { right, left } = EYE_OUTER_CORNERS;
  const eyeX = landmarks[3 * left]! - landmarks[3 * right]!;
  const eyeY = landmarks[3 * left + 1]! - landmarks[3 * right + 1]!;
  return {
    centerX: box.x + box.width / 2,
    centerY: box.y + box.height / 2,
    sizePx: ROI_MARGIN * Math.max(box.width, box.height),
    rotationRad: Math.atan2(eyeY, eyeX),
  };
}

/** Axis-aligned box of the face surface, in picture pixels. */
export function faceBox(landmarks: Float32Array): Box {
  let [minX, maxX, minY, maxY] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < MESH_LANDMARK_COUNT; i++) {
    minX = Math.min(minX, landmarks[3 * i]!);
    maxX = Math.max(maxX, landmarks[3 * i]!);
    minY = Math.min(minY, landmarks[3 * i + 1]!);
    maxY = Math.max(maxY, landmarks[3 * i + 1]!);
  }
  return { x: minX, y: minY, width: maxX - minX, height: maxY - minY };
}

/** In place: from pixels of the network's input to pixels of the picture. */
function toPicturePixels(landmarks: Float32Array, roi: RotatedSquare): void {
  const cosine = Math.cos(roi.rotationRad);
  const sine = Math.sin(roi.rotationRad);
  const scale = roi.sizePx / INPUT_SIZE;
  for (let i = 0; i < landmarks.length; i += 3) {
    const x = (landmarks[i]! - INPUT_SIZE / 2) * scale;
    const y = (landmarks[i + 1]! - INPUT_SIZE / 2) * scale;
    landmarks[i] = roi.centerX + x * cosine - y * sine;
    landmarks[i + 1] = roi.centerY + x * sine + y * cosine;
    landmarks[i + 2]! *= scale;
  }
}
