// @ts-check
import { OnnxGraphBuilder } from './onnx-graph-builder.mjs';
import { readConstant, transposeConstant } from './constant.mjs';

/** @typedef {import('./tflite-graph.mjs').TfliteTensor} TfliteTensor */
/** @typedef {(context: ConvertContext, operator: import('./tflite-graph.mjs').TfliteOperator) => void} OperatorConverter */

/** Axis order that turns a 4-D NHWC tensor into NCHW. */
export const NHWC_TO_NCHW = [0, 3, 1, 2];
/** Axis order that turns a 4-D NCHW tensor back into NHWC. */
export const NCHW_TO_NHWC = [0, 2, 3, 1];
/** Where axis k of an NHWC tensor lies in NCHW. */
export const NCHW_AXIS_OF = [0, 2, 3, 1];

/** Fused activations of the TFLite schema that occur in these networks. */
const ACTIVATION = { NONE: 0, RELU: 1 };

/**
 * What an operator converter needs: the ONNX graph under construction, constants, and names of tensors.
 * Computed 4-D tensors are NCHW in the ONNX graph, all others keep their TFLite order.
 */
export class ConvertContext {
  graph = new OnnxGraphBuilder();
  /** @type {Map<number, import('./constant.mjs').Constant>} constants that DEQUANTIZE passes on, by tensor index */
  #passedOn = new Map();

  /** @param {TfliteTensor} tensor */
  name(tensor) {
    return `t${tensor.index}`;
  }

  /** @param {TfliteTensor} tensor @returns {import('./constant.mjs').Constant | null} */
  constant(tensor) {
    return this.#passedOn.get(tensor.index) ?? readConstant(tensor);
  }

  /** @param {TfliteTensor | null | undefined} tensor @returns {import('./constant.mjs').Constant} */
  requireConstant(tensor) {
    const constant = tensor ? this.constant(tensor) : null;
    if (constant === null) throw new Error(`tensor ${tensor?.name ?? '?'} must be constant`);
    return constant;
  }

  /** @param {TfliteTensor | null | undefined} tensor @returns {number[]} integer operands such as pads or a shape */
  requireInts(tensor) {
    return Array.from(this.requireConstant(tensor).values);
  }

  /** @param {TfliteTensor} target @param {import('./constant.mjs').Constant} constant */
  passOn(target, constant) {
    this.#passedOn.set(target.index, constant);
  }

  /**
   * Name of an operand of an elementwise operator: computed tensors by name, constants laid out as their partner is.
   *
   * @param {TfliteTensor} tensor
   * @param {boolean} besidePicture whether the other operand is a computed 4-D tensor
   */
  operand(tensor, besidePicture) {
    const constant = this.constant(tensor);
    if (constant === null) return this.name(tensor);
    if (!besidePicture) return this.graph.weights(constant);
    if (constant.dims.length === 4)
      return this.graph.weights(transposeConstant(constant, NHWC_TO_NCHW));
    return this.graph.weights({ dims: [constant.values.length, 1, 1], values: constant.values });
  }

  /**
   * Emits a node whose output may pass a fused activation.
   *
   * @param {string} kind
   * @param {string[]} inputs
   * @param {TfliteTensor} output
   * @param {number} activation
   * @param {Record<string, import('./onnx-writer.mjs').AttributeValue>} [attributes]
   */
  nodeWithActivation(kind, inputs, output, activation, attributes = {}) {
    const name = this.name(output);
    if (activation === ACTIVATION.NONE) {
      this.graph.node(kind, inputs, name, attributes);
    } else if (activation === ACTIVATION.RELU) {
      this.graph.node('Relu', [this.graph.node(kind, inputs, `${name}_pre`, attributes)], name);
    } else {
      throw new Error(`fused activation ${activation} is not supported`);
    }
  }
}
