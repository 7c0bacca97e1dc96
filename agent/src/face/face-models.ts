/** The networks of the face pack; each is the file `<name>.onnx` in models/face. */
export const FACE_MODEL_NAMES = [
  'face-detector-full-range',
  'face-detector-short-range',
  'face-mesh-attention',
  'selfie-segmentation',
] as const;

/** Name of one network of the face pack. */
export type FaceModelName = (typeof FACE_MODEL_NAMES)[number];

/**
 * Runs one network on one picture tensor.
 *
 * `input` is NHWC of size `dims`, RGB; the range depends on the network (models/face/README.md). The caller may reuse
 * `input` once the promise has settled. The outputs are flat, by name, and belong to the caller.
 */
export type RunModel = (
  name: FaceModelName,
  input: Float32Array,
  dims: readonly number[],
) => Promise<Record<string, Float32Array>>;

/** The loaded face pack. Where it runs (onnxruntime-node, onnxruntime-web) is up to whoever made it. */
export type FaceModels = {
  readonly run: RunModel;
  /** Frees the networks; `run` must not be called afterwards. */
  release(): Promise<void>;
};
