// @ts-check
import { decodeFlexbufferMap } from './flexbuffer-reader.mjs';
import { transposeConstant } from './constant.mjs';
import { tensorAt } from './standard-ops.mjs';

/** @typedef {import('./convert-context.mjs').OperatorConverter} OperatorConverter */
/** @typedef {import('./onnx-graph-builder.mjs').OnnxGraphBuilder} OnnxGraphBuilder */

/**
 * Transposed convolution with a bias. Its options are three little-endian int32: padding, stride x, stride y
 * (TfLiteTransposeConvParams in MediaPipe's util/tflite/operations). Here the stride equals the kernel, so no padding.
 *
 * @type {OperatorConverter}
 */
const transposeConvolution = (context, { inputs, outputs, customOptions }) => {
  const options = new DataView(
    customOptions.buffer,
    customOptions.byteOffset,
    customOptions.byteLength,
  );
  const [strideX, strideY] = [options.getInt32(4, true), options.getInt32(8, true)];
  const kernel = transposeConstant(context.requireConstant(inputs[1]), [3, 0, 1, 2]);
  const [, , kernelHeight = 0, kernelWidth = 0] = kernel.dims;
  if (kernelHeight !== strideY || kernelWidth !== strideX)
    throw new Error('overlapping transposed convolution');
  const names = [
    context.name(tensorAt(inputs, 0)),
    context.graph.weights(kernel),
    context.graph.weights(context.requireConstant(inputs[2])),
  ];
  context.graph.node('ConvTranspose', names, context.name(tensorAt(outputs, 0)), {
    kernel_shape: [kernelHeight, kernelWidth],
    strides: [strideY, strideX],
  });
};

/**
 * @param {Uint8Array} bytes
 * @returns {{ left: number, right: number, subset: number[], scaleX: number, scaleY: number, width: number, height: number }}
 */
function readRegionOptions(bytes) {
  const map = decodeFlexbufferMap(bytes);
  /** @param {string} key */
  const number = (key) => {
    const value = map[key];
    if (typeof value !== 'number') throw new Error(`option ${key} is missing`);
    return value;
  };
  const subset = map['subset_idxs'];
  if (!Array.isArray(subset)) throw new Error('option subset_idxs is missing');
  if (number('target_rotation_radians') !== 0) throw new Error('a turned target is not supported');
  return {
    left: number('left_rotation_idx'),
    right: number('right_rotation_idx'),
    subset,
    scaleX: number('scale_x'),
    scaleY: number('scale_y'),
    width: number('output_width'),
    height: number('output_height'),
  };
}

/**
 * Landmarks2TransformMatrix, version 2: the 4x4 matrix that takes cells of a small output grid to pixels of the
 * input picture, so that the grid covers a landmark subset (lips, an eye), turned as the line between two landmarks.
 *
 *   R = [[cos, -sin], [sin, cos]] of that line       box = min and max of subset * R
 *   A = R * diag(scale * size / grid)                t = R * box centre - A * grid / 2
 *
 * @type {OperatorConverter}
 */
const landmarksToTransform = (context, { inputs, outputs, customOptions }) => {
  const { graph } = context;
  const { left, right, subset, scaleX, scaleY, width, height } = readRegionOptions(customOptions);
  const input = tensorAt(inputs, 0);
  const y = context.name(tensorAt(outputs, 0));
  /** @param {string} source @param {number[]} indices @param {number} axis @param {string} output */
  const gather = (source, indices, axis, output) =>
    graph.node('Gather', [source, graph.int64s(indices)], output, { axis });
  /** @param {string} source @param {number[]} shape @param {string} output */
  const reshape = (source, shape, output) =>
    graph.node('Reshape', [source, graph.int64s(shape)], output);

  const all = reshape(context.name(input), input.shape.slice(1), `${y}_xyz`);
  const points = gather(all, [0, 1], 1, `${y}_xy`);
  const line = graph.node(
    'Sub',
    [gather(points, [right], 0, `${y}_right`), gather(points, [left], 0, `${y}_left`)],
    `${y}_line`,
  );
  const length = graph.node('ReduceL2', [line], `${y}_length`, { axes: [1], keepdims: 1 });
  const direction = graph.node('Div', [line, length], `${y}_direction`);
  // (cos, sin) times this constant is cos, -sin, sin, cos: the rotation row by row.
  const spread = graph.floats([2, 4], [1, 0, 0, 1, 0, -1, 1, 0]);
  const rotation = reshape(
    graph.node('MatMul', [direction, spread], `${y}_rows`),
    [2, 2],
    `${y}_rotation`,
  );
  const rotationBack = graph.node('Transpose', [rotation], `${y}_rotation_t`, { perm: [1, 0] });

  const turned = graph.node(
    'MatMul',
    [gather(points, subset, 0, `${y}_subset`), rotation],
    `${y}_turned`,
  );
  const max = graph.node('ReduceMax', [turned], `${y}_max`, { axes: [0], keepdims: 1 });
  const min = graph.node('ReduceMin', [turned], `${y}_min`, { axes: [0], keepdims: 1 });
  const size = graph.node('Sub', [max, min], `${y}_size`);
  const middle = graph.node(
    'Mul',
    [graph.node('Add', [max, min], `${y}_sum`), graph.floats([1], [0.5])],
    `${y}_middle`,
  );
  const centre = reshape(
    graph.node('MatMul', [middle, rotationBack], `${y}_centre_row`),
    [2, 1],
    `${y}_centre`,
  );

  const perCell = graph.node(
    'Mul',
    [size, graph.floats([1, 2], [scaleX / width, scaleY / height])],
    `${y}_per_cell`,
  );
  const linear = graph.node('Mul', [rotation, perCell], `${y}_linear`);
  const toCorner = graph.node(
    'MatMul',
    [linear, graph.floats([2, 1], [-width / 2, -height / 2])],
    `${y}_to_corner`,
  );
  const shift = graph.node('Add', [centre, toCorner], `${y}_shift`);
  const top = graph.node('Concat', [linear, graph.floats([2, 1], [0, 0]), shift], `${y}_top`, {
    axis: 1,
  });
  const bottom = graph.floats([2, 4], [0, 0, 1, 0, 0, 0, 0, 1]);
  reshape(graph.node('Concat', [top, bottom], `${y}_matrix`, { axis: 0 }), [1, 4, 4], y);
};

/**
 * @param {OnnxGraphBuilder} graph
 * @param {string} matrix  1x4x4
 * @param {string} prefix  for the names of the new nodes
 * @param {number[]} columns  columns kept of the upper two rows
 * @returns {string} transposed, (columns)x2
 */
function affinePart(graph, matrix, prefix, columns) {
  const square = graph.node('Reshape', [matrix, graph.int64s([4, 4])], `${prefix}_square`);
  const rows = graph.node('Gather', [square, graph.int64s([0, 1])], `${prefix}_rows`, { axis: 0 });
  const kept = graph.node('Gather', [rows, graph.int64s(columns)], `${prefix}_kept`, { axis: 1 });
  return graph.node('Transpose', [kept], `${prefix}_affine`, { perm: [1, 0] });
}

/**
 * TransformTensorBilinear, version 2: samples the picture at the matrix's image of every cell centre, zero outside.
 * That is GridSample once pixels are scaled to -1..1.
 *
 * @type {OperatorConverter}
 */
const sampleRegion = (context, { inputs, outputs }) => {
  const { graph } = context;
  const [picture, matrix, output] = [
    tensorAt(inputs, 0),
    tensorAt(inputs, 1),
    tensorAt(outputs, 0),
  ];
  const [, inputHeight = 0, inputWidth = 0] = picture.shape;
  const [, height = 0, width = 0] = output.shape;
  const y = context.name(output);
  const centres = [];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) centres.push(column + 0.5, row + 0.5, 1);
  }
  const affine = affinePart(graph, context.name(matrix), y, [0, 1, 3]);
  const pixels = graph.node(
    'MatMul',
    [graph.floats([height * width, 3], centres), affine],
    `${y}_pixels`,
  );
  const scaled = graph.node(
    'Mul',
    [pixels, graph.floats([1, 2], [2 / inputWidth, 2 / inputHeight])],
    `${y}_scaled`,
  );
  const centred = graph.node('Sub', [scaled, graph.floats([1], [1])], `${y}_centred`);
  const grid = graph.node('Reshape', [centred, graph.int64s([1, height, width, 2])], `${y}_grid`);
  graph.node('GridSample', [context.name(picture), grid], y, {
    mode: 'bilinear',
    padding_mode: 'zeros',
    align_corners: 0,
  });
};

/** TransformLandmarks, version 2: the matrix applied to 2-D points. @type {OperatorConverter} */
const transformLandmarks = (context, { inputs, outputs }) => {
  const { graph } = context;
  const y = context.name(tensorAt(outputs, 0));
  const matrix = context.name(tensorAt(inputs, 1));
  const linear = affinePart(graph, matrix, `${y}_linear`, [0, 1]);
  const shift = affinePart(graph, matrix, `${y}_shift`, [3]);
  const turned = graph.node('MatMul', [context.name(tensorAt(inputs, 0)), linear], `${y}_turned`);
  graph.node('Add', [turned, shift], y);
};

/** Converters of MediaPipe's custom operators, by their names. @type {Map<string, OperatorConverter>} */
export const mediapipeOps = new Map([
  ['Convolution2DTransposeBias', transposeConvolution],
  ['Landmarks2TransformMatrix', landmarksToTransform],
  ['TransformTensorBilinear', sampleRegion],
  ['TransformLandmarks', transformLandmarks],
]);
