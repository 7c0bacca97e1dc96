import { describe, expect, it } from 'vitest';
import type { FrameStore } from '../../pipeline/model-pack.ts';
import { decodePrepared, encodePrepared, type PreparedFrame } from './prepared-avatar.ts';

const SIZE = { width: 64, height: 48 };
const STORE: FrameStore = {
  ...SIZE,
  frameCount: 2,
  i420: new Uint8Array(new SharedArrayBuffer(2 * 64 * 48 * 1.5)),
};
const HALVES = { type: 'float16', length: 6 } as const;
const FRAME: PreparedFrame = {
  box: { x0: 3, y0: 5, x1: 21, y1: 30 },
  region: { x0: 4, y0: 20, x1: 8, y1: 22 },
  alpha: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
  latents: Uint16Array.of(10, 20, 30, 40, 50, 60),
};

describe('prepared data', () => {
  it('comes back as it was, from any place in memory', () => {
    const bytes = encodePrepared([undefined, FRAME], SIZE);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    for (const data of [bytes, shifted.subarray(1)]) {
      const { frames, maxRegionPixels } = decodePrepared(data, STORE, HALVES);
      expect(frames).toEqual([undefined, FRAME]);
      expect(maxRegionPixels).toBe(8);
    }
  });

  it('is refused for other frames, other latents and when it is cut off', () => {
    const bytes = encodePrepared([undefined, FRAME], SIZE);
    const read =
      (data: Uint8Array, store = STORE, format = HALVES) =>
      (): unknown =>
        decodePrepared(data, store, format);
    expect(read(bytes, { ...STORE, width: 66 })).toThrow(/64×48|66×48.*prepare the avatar again/);
    expect(read(bytes, STORE, { type: 'float32', length: 3 } as never)).toThrow(
      /prepare the avatar/,
    );
    expect(read(bytes.subarray(0, bytes.length - 1))).toThrow(/frame 1 is cut off/);
    expect(read(new Uint8Array(3))).toThrow(/3 bytes/);
  });
});
