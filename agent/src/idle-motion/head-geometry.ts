/** Where head, neck and shoulders are, from the 478 face landmarks of one frame. */

/** All lengths in frame px. The face's own axes: `right` and `down` turned by the roll of the eyes. */
export type HeadGeometry = {
  /** Distance of the cheek edges in space, so it does not shrink when the face turns. */
  readonly faceWidthPx: number;
  /** From the top of the forehead to the chin, in space. */
  readonly faceHeightPx: number;
  /** Middle of the face oval. */
  readonly centreX: number;
  readonly centreY: number;
  /** Roll of the head: `down` is (−sin, cos). */
  readonly cosRoll: number;
  readonly sinRoll: number;
  /** Sine of the angle by which the face is turned sideways; positive = to the right of the picture. */
  readonly sinYaw: number;
};

const FOREHEAD = 10;
const CHIN = 152;
const CHEEK_EDGES = [234, 454] as const;
const EYE_OUTER_CORNERS = [33, 263] as const;

/** Measure the head. `landmarks`: 478 × 3 (x, y, z in px). */
export function measureHead(landmarks: Float32Array): HeadGeometry {
  const along = (from: number, to: number): [number, number, number] => [
    landmarks[to * 3]! - landmarks[from * 3]!,
    landmarks[to * 3 + 1]! - landmarks[from * 3 + 1]!,
    landmarks[to * 3 + 2]! - landmarks[from * 3 + 2]!,
  ];
  const across = along(...CHEEK_EDGES);
  const eyes = along(...EYE_OUTER_CORNERS);
  const eyeDistance = Math.hypot(eyes[0], eyes[1]);
  const faceWidthPx = Math.hypot(...across);
  return {
    faceWidthPx,
    faceHeightPx: Math.hypot(...along(FOREHEAD, CHIN)),
    centreX: (landmarks[FOREHEAD * 3]! + landmarks[CHIN * 3]!) / 2,
    centreY: (landmarks[FOREHEAD * 3 + 1]! + landmarks[CHIN * 3 + 1]!) / 2,
    cosRoll: eyes[0] / eyeDistance,
    sinRoll: eyes[1] / eyeDistance,
    sinYaw: -across[2] / faceWidthPx,
  };
}
