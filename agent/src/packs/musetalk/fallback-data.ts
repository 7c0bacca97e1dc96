/** The bytes of two packs in one avatar's pack.bin: u32 length of the first, u32 0, the first (padded to 8), the second. */
import { AvatarError } from '../../errors.ts';

const HEAD = 8;

/** Bytes of both. */
export function joinData(first: Uint8Array, second: Uint8Array): Uint8Array {
  const secondAt = HEAD + padded(first.length);
  const out = new Uint8Array(secondAt + second.length);
  new DataView(out.buffer).setUint32(0, first.length, true);
  out.set(first, HEAD);
  out.set(second, secondAt);
  return out;
}

/** Views of both. @throws AvatarError BUNDLE_INVALID */
export function splitData(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  const length =
    bytes.length < HEAD
      ? Infinity
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(0, true);
  const secondAt = HEAD + padded(length);
  if (secondAt > bytes.length) {
    throw new AvatarError(
      'BUNDLE_INVALID',
      `the musetalk-v15 data (${bytes.length} bytes) is cut off; prepare the avatar again`,
    );
  }
  return [bytes.subarray(HEAD, HEAD + length), bytes.subarray(secondAt)];
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;
