// @ts-check
/**
 * Decodes the FlexBuffers value in which TFLite keeps the options of a custom operator.
 * Layout: https://flatbuffers.dev/internals ("FlexBuffers"). Offsets point backwards from where they are stored.
 */

const TYPE = {
  INT: 1,
  UINT: 2,
  FLOAT: 3,
  KEY: 4,
  INDIRECT_INT: 6,
  INDIRECT_FLOAT: 8,
  MAP: 9,
  VECTOR: 10,
  VECTOR_INT: 11,
};

/**
 * @typedef {number | FlexMap | FlexValue[]} FlexValue
 * @typedef {{ [key: string]: FlexValue }} FlexMap
 */

/**
 * @param {Uint8Array} bytes
 * @returns {FlexValue} maps become objects, vectors arrays
 * @throws on a value type that the face networks do not use
 */
export function decodeFlexbuffer(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rootWidth = view.getUint8(bytes.length - 1);
  const packedType = view.getUint8(bytes.length - 2);
  return decodeAt(view, bytes.length - 2 - rootWidth, rootWidth, packedType);
}

/** @param {DataView} view @param {number} at @param {number} width bytes @returns {number} */
function readUint(view, at, width) {
  if (width === 1) return view.getUint8(at);
  if (width === 2) return view.getUint16(at, true);
  if (width === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}

/** @param {DataView} view @param {number} at @param {number} width bytes @returns {number} */
function readInt(view, at, width) {
  if (width === 1) return view.getInt8(at);
  if (width === 2) return view.getInt16(at, true);
  if (width === 4) return view.getInt32(at, true);
  return Number(view.getBigInt64(at, true));
}

/** @param {DataView} view @param {number} at @param {number} width bytes @returns {number} */
function readFloat(view, at, width) {
  if (width === 4) return view.getFloat32(at, true);
  if (width === 8) return view.getFloat64(at, true);
  throw new Error(`FlexBuffers: no ${8 * width}-bit float in these files`);
}

/** @param {DataView} view @param {number} at a NUL-terminated key @returns {string} */
function readKey(view, at) {
  let key = '';
  for (let i = at; view.getUint8(i) !== 0; i++) key += String.fromCharCode(view.getUint8(i));
  return key;
}

/**
 * @param {DataView} view
 * @param {number} at       where the value, or the offset to it, is stored
 * @param {number} width    bytes of that slot
 * @param {number} packed   type in the upper six bits, log2 of the target's width in the lower two
 * @returns {FlexValue}
 */
function decodeAt(view, at, width, packed) {
  const type = packed >> 2;
  const childWidth = 1 << (packed & 3);
  if (type === TYPE.INT) return readInt(view, at, width);
  if (type === TYPE.UINT) return readUint(view, at, width);
  if (type === TYPE.FLOAT) return readFloat(view, at, width);

  const target = at - readUint(view, at, width);
  const length = () => readUint(view, target - childWidth, childWidth);
  /** @param {number} i */
  const element = (i) => {
    const types = target + length() * childWidth;
    return decodeAt(view, target + i * childWidth, childWidth, view.getUint8(types + i));
  };

  if (type === TYPE.INDIRECT_INT) return readInt(view, target, childWidth);
  if (type === TYPE.INDIRECT_FLOAT) return readFloat(view, target, childWidth);
  if (type === TYPE.VECTOR_INT) {
    return Array.from({ length: length() }, (_, i) =>
      readInt(view, target + i * childWidth, childWidth),
    );
  }
  if (type === TYPE.VECTOR) return Array.from({ length: length() }, (_, i) => element(i));
  if (type === TYPE.MAP) {
    // Before a map's length stand the width of its key vector and the offset to it.
    const keysSlot = target - 3 * childWidth;
    const keysWidth = readUint(view, target - 2 * childWidth, childWidth);
    const keys = keysSlot - readUint(view, keysSlot, childWidth);
    /** @type {FlexMap} */
    const map = {};
    for (let i = 0; i < length(); i++) {
      const slot = keys + i * keysWidth;
      map[readKey(view, slot - readUint(view, slot, keysWidth))] = element(i);
    }
    return map;
  }
  throw new Error(`FlexBuffers: value type ${type} is not supported`);
}
