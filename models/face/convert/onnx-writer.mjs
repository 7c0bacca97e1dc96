// @ts-check
/**
 * Writes the few ONNX protobuf messages that a converted network needs (onnx.proto, IR version 8).
 * The bytes depend on the arguments alone, so the same network always gives the same file.
 */

/** TensorProto.DataType numbers. */
export const DATA_TYPE = { FLOAT: 1, INT64: 7, FLOAT16: 10 };

const WIRE = { VARINT: 0, BYTES: 2, FIXED32: 5 };
const ATTRIBUTE = { FLOAT: 1, INT: 2, STRING: 3, INTS: 7 };

/** @typedef {number | string | number[] | { float: number }} AttributeValue  a bare number is an integer */

/** @param {number} value @returns {Buffer} */
function varint(value) {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes = [];
  do {
    const low = Number(rest & 127n);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 128);
  } while (rest !== 0n);
  return Buffer.from(bytes);
}

/** @param {number} field @param {number} wire */
const tag = (field, wire) => varint((field << 3) | wire);

/** @param {number} field @param {number} value */
const intField = (field, value) => Buffer.concat([tag(field, WIRE.VARINT), varint(value)]);

/** @param {number} field @param {Uint8Array | string} value */
function bytesField(field, value) {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([tag(field, WIRE.BYTES), varint(bytes.length), bytes]);
}

/** @param {number} field @param {number} value */
function floatField(field, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([tag(field, WIRE.FIXED32), bytes]);
}

/** @param {string} name @param {AttributeValue} value */
function attribute(name, value) {
  const parts = [bytesField(1, name)];
  if (typeof value === 'string') parts.push(bytesField(4, value), intField(20, ATTRIBUTE.STRING));
  else if (typeof value === 'number') parts.push(intField(3, value), intField(20, ATTRIBUTE.INT));
  else if (Array.isArray(value)) {
    parts.push(...value.map((item) => intField(8, item)), intField(20, ATTRIBUTE.INTS));
  } else parts.push(floatField(2, value.float), intField(20, ATTRIBUTE.FLOAT));
  return bytesField(5, Buffer.concat(parts));
}

/**
 * GraphProto.node.
 *
 * @param {string} kind      ONNX operator
 * @param {string[]} inputs  an empty name marks an omitted optional input
 * @param {string} output
 * @param {Record<string, AttributeValue>} attributes
 * @returns {Buffer}
 */
export function encodeNode(kind, inputs, output, attributes) {
  return bytesField(
    1,
    Buffer.concat([
      ...inputs.map((name) => bytesField(1, name)),
      bytesField(2, output),
      bytesField(3, `${kind}_${output}`),
      bytesField(4, kind),
      ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ]),
  );
}

/**
 * GraphProto.initializer.
 *
 * @param {string} name
 * @param {number[]} dims
 * @param {number} dataType  DATA_TYPE
 * @param {Uint8Array} raw   little-endian values
 * @returns {Buffer}
 */
export function encodeInitializer(name, dims, dataType, raw) {
  return bytesField(
    5,
    Buffer.concat([
      ...dims.map((dim) => intField(1, dim)),
      intField(2, dataType),
      bytesField(8, name),
      bytesField(9, raw),
    ]),
  );
}

/** @param {number} field @param {string} name @param {number[]} dims */
function floatValueInfo(field, name, dims) {
  const shape = Buffer.concat(dims.map((dim) => bytesField(1, intField(1, dim))));
  const tensorType = Buffer.concat([intField(1, DATA_TYPE.FLOAT), bytesField(2, shape)]);
  return bytesField(
    field,
    Buffer.concat([bytesField(1, name), bytesField(2, bytesField(1, tensorType))]),
  );
}

/** @param {string} name @param {number[]} dims GraphProto.input, float32 */
export const encodeInput = (name, dims) => floatValueInfo(11, name, dims);

/** @param {string} name @param {number[]} dims GraphProto.output, float32 */
export const encodeOutput = (name, dims) => floatValueInfo(12, name, dims);

/**
 * ModelProto.
 *
 * @param {object} model
 * @param {string} model.name
 * @param {string} model.producer
 * @param {number} model.opset     version of the default operator set
 * @param {Buffer[]} model.parts   encoded nodes, initialisers, inputs and outputs
 * @returns {Buffer} the .onnx file
 */
export function encodeModel({ name, producer, opset, parts }) {
  const graph = Buffer.concat([...parts, bytesField(2, name)]);
  return Buffer.concat([
    intField(1, 8),
    bytesField(2, producer),
    bytesField(7, graph),
    bytesField(8, Buffer.concat([bytesField(1, ''), intField(2, opset)])),
  ]);
}
