// @ts-check
import { FlatbufferReader } from './flatbuffer-reader.mjs';

/**
 * @typedef {object} TfliteTensor
 * @property {number} index
 * @property {string} name
 * @property {number[]} shape   NHWC for pictures
 * @property {number} type      TENSOR_TYPE
 * @property {Uint8Array} data  constant bytes; empty for a computed tensor
 *
 * @typedef {object} TfliteOperator
 * @property {string} kind      schema name of the builtin, or the custom operator's own name
 * @property {(TfliteTensor | null)[]} inputs  null marks an omitted optional input
 * @property {TfliteTensor[]} outputs
 * @property {OptionReader} options
 * @property {Uint8Array} customOptions
 *
 * @typedef {object} TfliteGraph
 * @property {TfliteTensor[]} inputs
 * @property {TfliteTensor[]} outputs
 * @property {TfliteOperator[]} operators  in execution order
 */

/** TensorType numbers of the TFLite schema that occur here. */
export const TENSOR_TYPE = { FLOAT32: 0, FLOAT16: 1, INT32: 2 };

/** BuiltinOperator numbers of the TFLite schema (schema.fbs) that occur here. */
const BUILTIN_NAMES = new Map([
  [0, 'ADD'],
  [1, 'AVERAGE_POOL_2D'],
  [2, 'CONCATENATION'],
  [3, 'CONV_2D'],
  [4, 'DEPTHWISE_CONV_2D'],
  [6, 'DEQUANTIZE'],
  [14, 'LOGISTIC'],
  [17, 'MAX_POOL_2D'],
  [18, 'MUL'],
  [19, 'RELU'],
  [22, 'RESHAPE'],
  [23, 'RESIZE_BILINEAR'],
  [34, 'PAD'],
  [45, 'STRIDED_SLICE'],
  [54, 'PRELU'],
  [117, 'HARD_SWISH'],
]);
const BUILTIN_CUSTOM = 32;

/** Reads single options of one operator by their field number in schema.fbs; an absent table gives the defaults. */
export class OptionReader {
  /** @type {FlatbufferReader} */ #reader;
  /** @type {number} */ #table;

  /** @param {FlatbufferReader} reader @param {number} table */
  constructor(reader, table) {
    this.#reader = reader;
    this.#table = table;
  }

  /** @param {number} field @param {number} [absent] */
  int8(field, absent = 0) {
    return this.#table === 0 ? absent : this.#reader.int8(this.#table, field, absent);
  }

  /** @param {number} field @param {number} [absent] */
  int32(field, absent = 0) {
    return this.#table === 0 ? absent : this.#reader.int32(this.#table, field, absent);
  }
}

/**
 * @param {Uint8Array} bytes a .tflite file
 * @returns {TfliteGraph} its first (here: only) subgraph
 * @throws when the file is not TFLite or has several subgraphs
 */
export function readTfliteGraph(bytes) {
  if (new TextDecoder().decode(bytes.subarray(4, 8)) !== 'TFL3')
    throw new Error('not a TFLite file');
  const reader = new FlatbufferReader(bytes);
  const model = reader.root();
  const subgraphs = reader.tables(model, 2);
  const subgraph = subgraphs[0];
  if (subgraph === undefined || subgraphs.length !== 1) throw new Error('expected one subgraph');

  const kinds = reader.tables(model, 1).map((code) => {
    // Field 0 is the old 8-bit code, field 3 the wide one; files written before 2020 only have the first.
    const builtin = Math.max(reader.int8(code, 0), reader.int32(code, 3));
    if (builtin === BUILTIN_CUSTOM) return reader.string(code, 1);
    return BUILTIN_NAMES.get(builtin) ?? `BUILTIN_${builtin}`;
  });
  const buffers = reader.tables(model, 4);
  const tensors = reader.tables(subgraph, 0).map((tensor, index) => ({
    index,
    name: reader.string(tensor, 3),
    shape: reader.int32s(tensor, 0),
    type: reader.int8(tensor, 1),
    data: reader.bytes(/** @type {number} */ (buffers[reader.int32(tensor, 2)]), 0),
  }));
  /** @param {number} index */
  const tensorAt = (index) => {
    const tensor = tensors[index];
    if (tensor === undefined) throw new Error(`tensor ${index} is missing`);
    return tensor;
  };

  return {
    inputs: reader.int32s(subgraph, 1).map(tensorAt),
    outputs: reader.int32s(subgraph, 2).map(tensorAt),
    operators: reader.tables(subgraph, 3).map((operator) => ({
      kind: kinds[reader.int32(operator, 0)] ?? 'UNKNOWN',
      inputs: reader.int32s(operator, 1).map((index) => (index < 0 ? null : tensorAt(index))),
      outputs: reader.int32s(operator, 2).map(tensorAt),
      options: new OptionReader(reader, reader.table(operator, 4)),
      customOptions: reader.bytes(operator, 5),
    })),
  };
}
