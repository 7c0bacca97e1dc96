// @ts-check
import { NCHW_AXIS_OF, NCHW_TO_NHWC, NHWC_TO_NCHW } from './convert-context.mjs';
import { transposeConstant } from './constant.mjs';

/** @typedef {import('./convert-context.mjs').OperatorConverter} OperatorConverter */
/** @typedef {import('./tflite-graph.mjs').TfliteTensor} TfliteTensor */

const PADDING_VALID = 1;

/**
 * @param {(TfliteTensor | null)[]} tensors
 * @param {number} index
 * @returns {TfliteTensor}
 */
export function tensorAt(tensors, index) {
  const tensor = tensors[index];
  if (!tensor) throw new Error(`operand ${index} is missing`);
  return tensor;
}

/**
 * TFLite SAME padding, which is uneven for even sizes and therefore has no ONNX name that fits all kernels.
 *
 * @param {number} size @param {number} kernel @param {number} stride @param {number} dilation @param {number} padding
 * @returns {[number, number]} pixels before and after
 */
function padsFor(size, kernel, stride, dilation, padding) {
  if (padding === PADDING_VALID) return [0, 0];
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max((Math.ceil(size / stride) - 1) * stride + reach - size, 0);
  return [total >> 1, total - (total >> 1)];
}

/** @param {TfliteTensor} picture NHWC @returns {{ height: number, width: number, channels: number }} */
function pictureSize(picture) {
  const [, height, width, channels] = picture.shape;
  if (height === undefined || width === undefined || channels === undefined)
    throw new Error('expected NHWC');
  return { height, width, channels };
}

/** @param {boolean} depthwise @returns {OperatorConverter} */
const convolution =
  (depthwise) =>
  (context, { inputs, outputs, options }) => {
    const input = tensorAt(inputs, 0);
    const { height, width, channels } = pictureSize(input);
    const strideX = options.int32(1);
    const strideY = options.int32(2);
    const dilationX = options.int32(depthwise ? 5 : 4, 1);
    const dilationY = options.int32(depthwise ? 6 : 5, 1);
    // TFLite kernels are O,H,W,I and depthwise ones 1,H,W,O; ONNX wants O,I/group,H,W for both.
    const kernel = transposeConstant(
      context.requireConstant(inputs[1]),
      depthwise ? [3, 0, 1, 2] : NHWC_TO_NCHW,
    );
    const [, , kernelHeight = 0, kernelWidth = 0] = kernel.dims;
    const padY = padsFor(height, kernelHeight, strideY, dilationY, options.int8(0));
    const padX = padsFor(width, kernelWidth, strideX, dilationX, options.int8(0));
    const names = [context.name(input), context.graph.weights(kernel)];
    if (inputs[2]) names.push(context.graph.weights(context.requireConstant(inputs[2])));
    context.nodeWithActivation(
      'Conv',
      names,
      tensorAt(outputs, 0),
      options.int8(depthwise ? 4 : 3),
      {
        kernel_shape: [kernelHeight, kernelWidth],
        strides: [strideY, strideX],
        dilations: [dilationY, dilationX],
        pads: [padY[0], padX[0], padY[1], padX[1]],
        group: depthwise ? channels : 1,
      },
    );
  };

/** @param {'MaxPool' | 'AveragePool'} kind @returns {OperatorConverter} */
const pool =
  (kind) =>
  (context, { inputs, outputs, options }) => {
    const input = tensorAt(inputs, 0);
    const { height, width } = pictureSize(input);
    const [padding, strideX, strideY] = [options.int8(0), options.int32(1), options.int32(2)];
    const [kernelX, kernelY] = [options.int32(3), options.int32(4)];
    const padY = padsFor(height, kernelY, strideY, 1, padding);
    const padX = padsFor(width, kernelX, strideX, 1, padding);
    context.nodeWithActivation(kind, [context.name(input)], tensorAt(outputs, 0), options.int8(5), {
      kernel_shape: [kernelY, kernelX],
      strides: [strideY, strideX],
      pads: [padY[0], padX[0], padY[1], padX[1]],
    });
  };

/** @param {'Add' | 'Mul'} kind @returns {OperatorConverter} */
const elementwise =
  (kind) =>
  (context, { inputs, outputs, options }) => {
    const operands = [tensorAt(inputs, 0), tensorAt(inputs, 1)];
    const besidePicture = operands.some(
      (tensor) => context.constant(tensor) === null && tensor.shape.length === 4,
    );
    const names = operands.map((tensor) => context.operand(tensor, besidePicture));
    context.nodeWithActivation(kind, names, tensorAt(outputs, 0), options.int8(0));
  };

/** @param {string} kind @returns {OperatorConverter} */
const unary =
  (kind) =>
  (context, { inputs, outputs }) => {
    context.graph.node(
      kind,
      [context.name(tensorAt(inputs, 0))],
      context.name(tensorAt(outputs, 0)),
    );
  };

/**
 * y = max(x, 0) + slope * (x - max(x, 0)). With onnxruntime's own PRelu kernel the mesh network takes 3.1 ms, with
 * these four nodes 1.8 ms and the same bits. max(x, slope * x) would be wrong: learned slopes exceed 1.
 *
 * @type {OperatorConverter}
 */
const prelu = (context, { inputs, outputs }) => {
  const { graph } = context;
  const x = context.name(tensorAt(inputs, 0));
  const y = context.name(tensorAt(outputs, 0));
  const { values } = context.requireConstant(inputs[1]);
  const slope = graph.weights({ dims: [values.length, 1, 1], values });
  const positive = graph.node('Relu', [x], `${y}_positive`);
  const negative = graph.node('Sub', [x, positive], `${y}_negative`);
  graph.node('Add', [positive, graph.node('Mul', [negative, slope], `${y}_scaled`)], y);
};

/** @type {OperatorConverter} */
const pad = (context, { inputs, outputs }) => {
  const pairs = context.requireInts(inputs[1]);
  const before = NHWC_TO_NCHW.map((axis) => /** @type {number} */ (pairs[2 * axis]));
  const after = NHWC_TO_NCHW.map((axis) => /** @type {number} */ (pairs[2 * axis + 1]));
  const pads = context.graph.int64s([...before, ...after]);
  context.graph.node(
    'Pad',
    [context.name(tensorAt(inputs, 0)), pads],
    context.name(tensorAt(outputs, 0)),
  );
};

/** @type {OperatorConverter} */
const resizeBilinear = (context, { inputs, outputs, options }) => {
  const output = tensorAt(outputs, 0);
  const { height, width, channels } = pictureSize(output);
  const [alignCorners, halfPixel] = [options.int8(2), options.int8(3)];
  const sizes = context.graph.int64s([1, channels, height, width]);
  context.graph.node(
    'Resize',
    [context.name(tensorAt(inputs, 0)), '', '', sizes],
    context.name(output),
    {
      mode: 'linear',
      coordinate_transformation_mode: alignCorners
        ? 'align_corners'
        : halfPixel
          ? 'half_pixel'
          : 'asymmetric',
    },
  );
};

/** @type {OperatorConverter} */
const concatenate = (context, { inputs, outputs, options }) => {
  const output = tensorAt(outputs, 0);
  const rank = output.shape.length;
  const axis = (options.int32(0) + rank) % rank;
  context.graph.node(
    'Concat',
    inputs.map((_, i) => context.name(tensorAt(inputs, i))),
    context.name(output),
    { axis: rank === 4 ? /** @type {number} */ (NCHW_AXIS_OF[axis]) : axis },
  );
};

/** TFLite reshapes NHWC memory, so a picture goes back to that order first. @type {OperatorConverter} */
const reshape = (context, { inputs, outputs }) => {
  const { graph } = context;
  const [input, output] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  const name = context.name(output);
  const source =
    input.shape.length === 4
      ? graph.node('Transpose', [context.name(input)], `${name}_nhwc`, { perm: NCHW_TO_NHWC })
      : context.name(input);
  const shape = graph.int64s(output.shape);
  if (output.shape.length === 4) {
    const reshaped = graph.node('Reshape', [source, shape], `${name}_shaped`);
    graph.node('Transpose', [reshaped], name, { perm: NHWC_TO_NCHW });
  } else {
    graph.node('Reshape', [source, shape], name);
  }
};

/** Only slices that keep everything occur (a leftover of the exporter); any other would need its masks. @type {OperatorConverter} */
const stridedSlice = (context, { inputs, outputs }) => {
  const [input, output] = [tensorAt(inputs, 0), tensorAt(outputs, 0)];
  if (input.shape.join() !== output.shape.join())
    throw new Error('STRIDED_SLICE that cuts is not supported');
  context.graph.node('Identity', [context.name(input)], context.name(output));
};

/** @type {OperatorConverter} */
const dequantize = (context, { inputs, outputs }) => {
  context.passOn(tensorAt(outputs, 0), context.requireConstant(inputs[0]));
};

/** Converters of TFLite's own operators, by schema name. @type {Map<string, OperatorConverter>} */
export const standardOps = new Map([
  ['ADD', elementwise('Add')],
  ['AVERAGE_POOL_2D', pool('AveragePool')],
  ['CONCATENATION', concatenate],
  ['CONV_2D', convolution(false)],
  ['DEPTHWISE_CONV_2D', convolution(true)],
  ['DEQUANTIZE', dequantize],
  ['HARD_SWISH', unary('HardSwish')],
  ['LOGISTIC', unary('Sigmoid')],
  ['MAX_POOL_2D', pool('MaxPool')],
  ['MUL', elementwise('Mul')],
  ['PAD', pad],
  ['PRELU', prelu],
  ['RELU', unary('Relu')],
  ['RESHAPE', reshape],
  ['RESIZE_BILINEAR', resizeBilinear],
  ['STRIDED_SLICE', stridedSlice],
]);
