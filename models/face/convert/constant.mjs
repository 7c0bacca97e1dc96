// @ts-check
import { TENSOR_TYPE } from './tflite-graph.mjs';

/**
 * A constant tensor of the source network. Half-precision weights keep their 16-bit words, so that the ONNX file
 * holds exactly the published bits.
 *
 * @typedef {object} Constant
 * @property {number[]} dims
 * @property {Uint16Array | Float32Array | Int32Array} values  Uint16Array = IEEE 754 half words
 */

/**
 * @param {import('./tflite-graph.mjs').TfliteTensor} tensor
 * @returns {Constant | null} null for a computed tensor
 * @throws on a type these networks do not use
 */
export function readConstant(tensor) {
  if (tensor.data.length === 0) return null;
  // Copied, because constants need not lie on a multiple of their element size (and Buffer.slice would not copy).
  const { buffer } = Uint8Array.from(tensor.data);
  if (tensor.type === TENSOR_TYPE.FLOAT16)
    return { dims: tensor.shape, values: new Uint16Array(buffer) };
  if (tensor.type === TENSOR_TYPE.FLOAT32)
    return { dims: tensor.shape, values: new Float32Array(buffer) };
  if (tensor.type === TENSOR_TYPE.INT32)
    return { dims: tensor.shape, values: new Int32Array(buffer) };
  throw new Error(`constant ${tensor.name} has unsupported type ${tensor.type}`);
}

/**
 * @param {Constant} constant
 * @param {number[]} order  new axis k is old axis order[k]
 * @returns {Constant}
 */
export function transposeConstant({ dims, values }, order) {
  const newDims = order.map((axis) => /** @type {number} */ (dims[axis]));
  const strides = dims.map((_, axis) =>
    dims.slice(axis + 1).reduce((product, dim) => product * dim, 1),
  );
  const moved = values.slice();
  const index = new Array(newDims.length).fill(0);
  for (let out = 0; out < moved.length; out++) {
    let from = 0;
    order.forEach((axis, k) => (from += index[k] * /** @type {number} */ (strides[axis])));
    moved[out] = /** @type {number} */ (values[from]);
    for (let k = newDims.length - 1; k >= 0 && ++index[k] === newDims[k]; k--) index[k] = 0;
  }
  return { dims: newDims, values: moved };
}
