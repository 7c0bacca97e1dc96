// @ts-check
/**
 * Decodes the FlexBuffers map in which TFLite keeps the options of a custom operator.
 * Layout: https://flatbuffers.dev/internals ("FlexBuffers"). Offsets point backwards from where they are stored.
 */

const TYPE = { INT: 1, UINT: 2, FLOAT: 3, MAP: 9, VECTOR_INT: 11 };

/**
 * @param {Uint8Array} bytes
 * @returns {Record<string, number | number[]>}
 * @throws when the root is no map, or on a value type that the face networks do not use
 */
export function decodeFlexbufferMap(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // At the end stand the root slot, its packed type and its width in bytes.
  const rootSlotWidth = view.getUint8(bytes.length - 1);
  const packedType = view.getUint8(bytes.length - 2);
  if (packedType >> 2 !== TYPE.MAP) throw new Error('FlexBuffers: expected a map');
  const rootSlot = bytes.length - 2 - rootSlotWidth;
  const width = widthOf(packedType);
  const values = rootSlot - readUint(view, rootSlot, rootSlotWidth);

  // Before the values stand their count, the width of the key vector and the offset to it; the types come after.
  const count = readUint(view, values - width, width);
  const keysWidth = readUint(view, values - 2 * width, width);
  const keysSlot = values - 3 * width;
  const keys = keysSlot - readUint(view, keysSlot, width);
  const types = values + count * width;
  /** @type {Record<string, number | number[]>} */
  const map = {};
  for (let i = 0; i < count; i++) {
    const keySlot = keys + i * keysWidth;
    const key = readKey(view, keySlot - readUint(view, keySlot, keysWidth));
    map[key] = readValue(view, values + i * width, width, view.getUint8(types + i));
  }
  return map;
}

/** @param {number} packedType type in the upper six bits, log2 of the target's width in the lower two */
const widthOf = (packedType) => 1 << (packedType & 3);

/**
 * @param {DataView} view
 * @param {number} slot   where the value, or the offset to it, is stored
 * @param {number} width  bytes of the slot
 * @param {number} packedType
 * @returns {number | number[]}
 */
function readValue(view, slot, width, packedType) {
  const type = packedType >> 2;
  if (type === TYPE.INT) return readInt(view, slot, width);
  if (type === TYPE.UINT) return readUint(view, slot, width);
  if (type === TYPE.FLOAT) return readFloat(view, slot, width);
  if (type === TYPE.VECTOR_INT) {
    const start = slot - readUint(view, slot, width);
    const elementWidth = widthOf(packedType);
    const length = readUint(view, start - elementWidth, elementWidth);
    return Array.from({ length }, (_, i) => readInt(view, start + i * elementWidth, elementWidth));
  }
  throw new Error(`FlexBuffers: value type ${type} is not supported`);
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
