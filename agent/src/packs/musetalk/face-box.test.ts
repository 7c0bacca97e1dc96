import { describe, expect, it } from 'vitest';
import { LANDMARK_COUNT, type FaceTrack } from '../../pipeline/model-pack.ts';
import { boxesOf } from './face-box.ts';
import { MESH_OF_68, NOSE_BRIDGE } from './landmarks-68.ts';

const FRAME = { frameWidthPx: 400, frameHeightPx: 300, bboxShiftPx: 0 };

/** Face 200 px wide from `left`, bridge at y 120, chin at 220; one entry per frame. */
function trackOf(lefts: readonly number[], top = 0): FaceTrack {
  const landmarks = new Float32Array(lefts.length * LANDMARK_COUNT * 3);
  lefts.forEach((left, frame) => {
    MESH_OF_68.forEach((landmark, i) => {
      const at = (frame * LANDMARK_COUNT + landmark) * 3;
      landmarks[at] = left + (i < 17 ? (200 * i) / 16 : 100);
      landmarks[at + 1] = top + (i === 8 ? 220 : i === NOSE_BRIDGE ? 120 : 150);
    });
  });
  return {
    landmarks,
    boxes: new Float32Array(lefts.length * 4),
    interpolated: new Uint8Array(lefts.length),
  };
}

describe('face boxes of a track', () => {
  it('reach as far above the bridge as the chin is below, and 10 px under the chin', () => {
    expect(boxesOf(trackOf([100]), FRAME)).toEqual([{ x0: 100, y0: 20, x1: 300, y1: 230 }]);
  });

  it('move down by bbox_shift, their top by twice as much', () => {
    const shifted = boxesOf(trackOf([100]), { ...FRAME, bboxShiftPx: 9 });
    expect(shifted).toEqual([{ x0: 100, y0: 38, x1: 300, y1: 230 }]);
  });

  it('stay inside the frame on all four sides', () => {
    expect(boxesOf(trackOf([-40]), FRAME)[0]).toMatchObject({ x0: 0, x1: 160 });
    expect(boxesOf(trackOf([260]), FRAME)[0]).toMatchObject({ x0: 260, x1: 400 });
    expect(boxesOf(trackOf([100], -60), FRAME)[0]).toMatchObject({ y0: 0, y1: 170 });
    expect(boxesOf(trackOf([100], 100), FRAME)[0]).toMatchObject({ y0: 120, y1: 300 });
  });

  it('are missing where the face is outside the frame or has no height', () => {
    expect(boxesOf(trackOf([-300]), FRAME)).toEqual([undefined]);
    expect(boxesOf(trackOf([450]), FRAME)).toEqual([undefined]);
    expect(boxesOf(trackOf([100]), { ...FRAME, bboxShiftPx: 150 })).toEqual([undefined]);
  });

  it('follow a moving face without delay and without its jitter', () => {
    const steady = Array.from({ length: 40 }, (_, i) => 60 + 3 * i);
    const shaky = steady.map((left, i) => left + (i % 2 === 0 ? 2 : -2));
    const boxes = boxesOf(trackOf(shaky), FRAME);
    for (let i = 8; i < 32; i += 1) {
      expect(Math.abs(boxes[i]!.x0 - steady[i]!)).toBeLessThanOrEqual(1);
    }
  });
});
