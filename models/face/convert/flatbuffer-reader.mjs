// @ts-check
/**
 * Reads FlatBuffers tables without a schema compiler: a position in the file plus a field number from the schema.
 * Layout: https://flatbuffers.dev/internals (a table starts with a signed offset back to its vtable).
 */
export class FlatbufferReader {
  /** @type {Uint8Array} */ #bytes;
  /** @type {DataView} */ #view;

  /** @param {Uint8Array} bytes one whole FlatBuffers file */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @returns {number} position of the root table */
  root() {
    return this.#view.getUint32(0, true);
  }

  /**
   * @param {number} table
   * @param {number} field field number in the schema
   * @returns {number} position of the field's value; 0 when the field is absent (it then has its schema default)
   */
  #field(table, field) {
    const vtable = table - this.#view.getInt32(table, true);
    const slot = 4 + 2 * field;
    if (slot >= this.#view.getUint16(vtable, true)) return 0;
    const offset = this.#view.getUint16(vtable + slot, true);
    return offset === 0 ? 0 : table + offset;
  }

  /** @param {number} table @param {number} field @param {number} [absent] */
  int8(table, field, absent = 0) {
    const at = this.#field(table, field);
    return at === 0 ? absent : this.#view.getInt8(at);
  }

  /** @param {number} table @param {number} field @param {number} [absent] */
  int32(table, field, absent = 0) {
    const at = this.#field(table, field);
    return at === 0 ? absent : this.#view.getInt32(at, true);
  }

  /**
   * @param {number} table
   * @param {number} field
   * @returns {number} position of the sub-table; 0 when absent
   */
  table(table, field) {
    const at = this.#field(table, field);
    return at === 0 ? 0 : at + this.#view.getUint32(at, true);
  }

  /**
   * @param {number} table
   * @param {number} field
   * @returns {{ start: number, length: number }} first element and number of elements
   */
  #vector(table, field) {
    const at = this.#field(table, field);
    if (at === 0) return { start: 0, length: 0 };
    const start = at + this.#view.getUint32(at, true);
    return { start: start + 4, length: this.#view.getUint32(start, true) };
  }

  /** @param {number} table @param {number} field @returns {number[]} */
  int32s(table, field) {
    const { start, length } = this.#vector(table, field);
    return Array.from({ length }, (_, i) => this.#view.getInt32(start + 4 * i, true));
  }

  /** @param {number} table @param {number} field @returns {number[]} positions of the tables in a vector of tables */
  tables(table, field) {
    const { start, length } = this.#vector(table, field);
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i;
      return at + this.#view.getUint32(at, true);
    });
  }

  /** @param {number} table @param {number} field @returns {Uint8Array} a view, not a copy */
  bytes(table, field) {
    const { start, length } = this.#vector(table, field);
    return this.#bytes.subarray(start, start + length);
  }

  /** @param {number} table @param {number} field @returns {string} */
  string(table, field) {
    return new TextDecoder().decode(this.bytes(table, field));
  }
}
