// @ts-check
import {
  DATA_TYPE,
  encodeInitializer,
  encodeInput,
  encodeModel,
  encodeNode,
  encodeOutput,
} from './onnx-writer.mjs';

/** GridSample came with opset 16; ReduceMean and friends still take their axes as an attribute there. */
const OPSET = 16;

/** Collects nodes and constants of one ONNX graph and names what has no name of its own. */
export class OnnxGraphBuilder {
  /** @type {Buffer[]} */ #nodes = [];
  /** @type {Buffer[]} */ #initializers = [];
  /** @type {Buffer[]} */ #interface = [];
  #constantCount = 0;

  /**
   * @param {string} kind      ONNX operator
   * @param {string[]} inputs  an empty name marks an omitted optional input
   * @param {string} output
   * @param {Record<string, import('./onnx-writer.mjs').AttributeValue>} [attributes]
   * @returns {string} the output's name
   */
  node(kind, inputs, output, attributes = {}) {
    this.#nodes.push(encodeNode(kind, inputs, output, attributes));
    return output;
  }

  /** @param {number[]} values one-dimensional int64 constant @returns {string} its name */
  int64s(values) {
    const bytes = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => bytes.writeBigInt64LE(BigInt(value), 8 * i));
    return this.#initializer([values.length], DATA_TYPE.INT64, bytes);
  }

  /** @param {number[]} dims @param {number[]} values float32 constant @returns {string} its name */
  floats(dims, values) {
    return this.weights({ dims, values: Float32Array.from(values) });
  }

  /**
   * Half-precision weights stay half in the file and are widened once, when onnxruntime folds constants at load.
   *
   * @param {import('./constant.mjs').Constant} constant
   * @returns {string} name of the float32 value
   */
  weights({ dims, values }) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    if (values instanceof Float32Array) return this.#initializer(dims, DATA_TYPE.FLOAT, bytes);
    if (values instanceof Int32Array)
      throw new Error('integer constants are operator options, not weights');
    const half = this.#initializer(dims, DATA_TYPE.FLOAT16, bytes);
    return this.node('Cast', [half], `${half}_f32`, { to: DATA_TYPE.FLOAT });
  }

  /** @param {number[]} dims @param {number} dataType @param {Uint8Array} bytes */
  #initializer(dims, dataType, bytes) {
    const name = `const_${this.#constantCount++}`;
    this.#initializers.push(encodeInitializer(name, dims, dataType, bytes));
    return name;
  }

  /** @param {string} name @param {number[]} dims */
  input(name, dims) {
    this.#interface.push(encodeInput(name, dims));
  }

  /** @param {string} name @param {number[]} dims */
  output(name, dims) {
    this.#interface.push(encodeOutput(name, dims));
  }

  /** @param {string} graphName @returns {Buffer} the .onnx file */
  build(graphName) {
    return encodeModel({
      name: graphName,
      producer: 'live-avatar models/face',
      opset: OPSET,
      parts: [...this.#nodes, ...this.#initializers, ...this.#interface],
    });
  }
}
