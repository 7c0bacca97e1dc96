// @ts-check
/**
 * Where each network comes from and what it must look like. Every tflite is pinned twice: by the exact package version
 * and by the sha256 of the bytes that are converted.
 *
 * @typedef {object} FaceModelSource
 * @property {string} file           name of the ONNX file written
 * @property {string} title          name of the network in Google's model cards
 * @property {string} package        npm package
 * @property {string} packageVersion exact version
 * @property {string} path           file inside the package
 * @property {{ start: number, end: number }} [slice] byte range inside a packed-assets file
 * @property {string} sha256         of the tflite bytes (of the slice, where there is one)
 * @property {string} input          what the network takes, for the pack manifest and the README
 * @property {string[]} outputs      names given to the tflite outputs, in their order
 */

/** @type {FaceModelSource[]} */
export const faceModelSources = [
  {
    file: 'face-detector-full-range.onnx',
    title: 'BlazeFace (full range)',
    package: '@mediapipe/face_detection',
    packageVersion: '0.4.1657300184',
    path: 'face_detection_full_range.tflite',
    sha256: '99bf9494d84f50acc6617d89873f71bf6635a841ea699c17cb3377f9507cfec3',
    input: '1x192x192x3 RGB, -1 to 1',
    outputs: ['boxes', 'scores'],
  },
  {
    file: 'face-detector-short-range.onnx',
    title: 'BlazeFace (short range)',
    package: '@mediapipe/face_detection',
    packageVersion: '0.4.1657300184',
    path: 'face_detection_short_range.tflite',
    sha256: '3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633',
    input: '1x128x128x3 RGB, -1 to 1',
    outputs: ['boxes', 'scores'],
  },
  {
    file: 'face-mesh-attention.onnx',
    title: 'Attention Mesh',
    package: '@mediapipe/face_mesh',
    packageVersion: '0.4.1657299874',
    path: 'face_mesh_solution_packed_assets.data',
    slice: { start: 0, end: 2_495_952 },
    sha256: '883b7411747bac657c30c462d305d312e9dec6adbf8b85e2f5d8d722fca9455d',
    input: '1x192x192x3 RGB, 0 to 1',
    outputs: ['mesh', 'lips', 'leftEye', 'rightEye', 'leftIris', 'rightIris', 'faceFlag'],
  },
  {
    file: 'selfie-segmentation.onnx',
    title: 'Selfie Segmentation (general)',
    package: '@mediapipe/selfie_segmentation',
    packageVersion: '0.1.1675465747',
    path: 'selfie_segmentation.tflite',
    sha256: '8d13b7fae74af625c641226813616a2117bd6bca19eb3b75574621fc08557f27',
    input: '1x256x256x3 RGB, 0 to 1',
    outputs: ['person'],
  },
];
