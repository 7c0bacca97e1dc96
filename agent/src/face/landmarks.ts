/**
 * Indices into the 478 face landmarks (MediaPipe's canonical numbering). "Right" and "left" are the subject's own, so
 * the right eye stands on the left of an unmirrored picture.
 */

/** Landmarks of the face surface; the ten after them are the irises. */
export const MESH_LANDMARK_COUNT = 468;
/** All landmarks. */
export const LANDMARK_COUNT = 478;

/** Closed ring around the face, from the top of the forehead clockwise on screen. It ends below the hairline. */
// prettier-ignore
export const FACE_OVAL = [
  10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
  152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
] as const;

/** Closed ring on the outer lip line, from the subject's right mouth corner along the lower lip. */
// prettier-ignore
export const LIPS_OUTER = [
  61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
] as const;

/** Closed ring on the inner lip line (the mouth opening), from the subject's right corner along the lower lip. */
// prettier-ignore
export const LIPS_INNER = [
  78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191,
] as const;

/** Closed ring on the lids of the subject's right eye, from the outer corner along the lower lid. */
export const RIGHT_EYE = [
  33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246,
] as const;
/** Closed ring on the lids of the subject's left eye, from the outer corner along the lower lid. */
export const LEFT_EYE = [
  263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466,
] as const;

/** Centre of the subject's right iris, then four points on its edge. */
export const RIGHT_IRIS = [468, 469, 470, 471, 472] as const;
/** Centre of the subject's left iris, then four points on its edge. */
export const LEFT_IRIS = [473, 474, 475, 476, 477] as const;

/** Outer corners of the subject's right and left eye: the line between them gives the roll of the head. */
export const EYE_OUTER_CORNERS = { right: 33, left: 263 } as const;
/** Subject's right and left mouth corner. */
export const MOUTH_CORNERS = { right: 61, left: 291 } as const;
/** Single landmarks that other stages name. */
export const NOSE_TIP = 1;
/** Lowest point of the chin. */
export const CHIN = 152;
/** Top of the mesh, on the forehead. */
export const FOREHEAD_TOP = 10;

/**
 * Which landmarks each refined output of the attention network replaces, in the output's order (MediaPipe's
 * tensors_to_face_landmarks_with_attention.pbtxt). The network calls sides as they appear on screen.
 */
// prettier-ignore
export const REFINED_OUTPUTS = {
  lips: [
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
    78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
    76, 77, 90, 180, 85, 16, 315, 404, 320, 307, 306, 184, 74, 73, 72, 11, 302, 303, 304, 408,
    62, 96, 89, 179, 86, 15, 316, 403, 319, 325, 292, 183, 42, 41, 38, 12, 268, 271, 272, 407,
  ],
  leftEye: [
    33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173,
    130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190,
    226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189, 35, 124,
    46, 53, 52, 65, 143, 111, 117, 118, 119, 120, 121, 128, 245, 156, 70, 63, 105, 66, 107, 55, 193,
  ],
  rightEye: [
    263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398,
    359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414,
    446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413, 265, 353,
    276, 283, 282, 295, 372, 340, 346, 347, 348, 349, 350, 357, 465, 383, 300, 293, 334, 296, 336, 285, 417,
  ],
  leftIris: [468, 469, 470, 471, 472],
  rightIris: [473, 474, 475, 476, 477],
} as const;
