// @ts-check
import { ConvertContext, NCHW_TO_NHWC, NHWC_TO_NCHW } from './convert-context.mjs';
import { mediapipeOps } from './mediapipe-ops.mjs';
import { standardOps } from './standard-ops.mjs';
import { readTfliteGraph } from './tflite-graph.mjs';

/**
 * Converts one of MediaPipe's float16 convolution networks. Outside, the ONNX network has the TFLite shapes (pictures
 * NHWC, float32); inside it works in NCHW, as onnxruntime's kernels do.
 *
 * @param {Uint8Array} tflite
 * @param {{ name: string, outputNames: string[] }} naming  graph name, and names for the outputs in TFLite order
 * @returns {Buffer} an ONNX file; the same bytes every time
 * @throws naming the operator that has no converter
 */
export function convertTfliteToOnnx(tflite, { name, outputNames }) {
  const source = readTfliteGraph(tflite);
  const context = new ConvertContext();
  const { graph } = context;

  const [input] = source.inputs;
  if (input === undefined || source.inputs.length !== 1) throw new Error('expected one input');
  if (source.outputs.length !== outputNames.length) {
    throw new Error(`${source.outputs.length} outputs, but ${outputNames.length} names`);
  }
  graph.input('input', input.shape);
  graph.node('Transpose', ['input'], context.name(input), { perm: NHWC_TO_NCHW });

  for (const operator of source.operators) {
    const convert = standardOps.get(operator.kind) ?? mediapipeOps.get(operator.kind);
    if (convert === undefined) throw new Error(`operator ${operator.kind} has no converter`);
    convert(context, operator);
  }

  source.outputs.forEach((tensor, i) => {
    const outputName = /** @type {string} */ (outputNames[i]);
    if (tensor.shape.length === 4) {
      graph.node('Transpose', [context.name(tensor)], outputName, { perm: NCHW_TO_NHWC });
    } else {
      graph.node('Identity', [context.name(tensor)], outputName);
    }
    graph.output(outputName, tensor.shape);
  });
  return graph.build(name);
}
