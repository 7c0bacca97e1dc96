import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHIN, NOSE_TIP } from '../../face/landmarks.ts';
import { LANDMARK_COUNT } from '../../pipeline/model-pack.ts';
import { blendMask, maskSquare } from './blend-mask.ts';
import { boxesOf } from './face-box.ts';
import { geometricParsing } from './geometric-parsing.ts';
import { MOUTH, NOSE, PARSING_SIZE, SKIN, UPPER_LIP } from './jaw-mask.ts';

const bytes = readFileSync(
  new URL('../../../../avatars/ava/bundle/landmarks.bin', import.meta.url),
);
const landmarks = new Float32Array(new Uint8Array(bytes).buffer).slice(0, LANDMARK_COUNT * 3);
const track = { landmarks, boxes: new Float32Array(4), interpolated: new Uint8Array(1) };
const [box] = boxesOf(track, { frameWidthPx: 512, frameHeightPx: 512, bboxShiftPx: 0 });
const square = maskSquare(box!);
const scale = PARSING_SIZE / (square.x1 - square.x0);

const pixelOf = (landmark: number, offsetY = 0): number => {
  const x = Math.floor((landmarks[landmark * 3]! - square.x0) * scale);
  const y = Math.floor((landmarks[landmark * 3 + 1]! - square.y0 + offsetY) * scale);
  return y * PARSING_SIZE + x;
};

describe('parsing from the mesh', () => {
  const classes = geometricParsing(landmarks, 0, square);

  it('labels skin, nose, lips and mouth where they are', () => {
    expect(classes[pixelOf(CHIN, -10)]).toBe(SKIN);
    expect(classes[pixelOf(CHIN, 10)]).toBe(0);
    expect(classes[pixelOf(NOSE_TIP)]).toBe(NOSE);
    expect(classes[pixelOf(50)]).toBe(SKIN);
    expect(classes[pixelOf(0, 3)]).toBe(UPPER_LIP);
    expect([UPPER_LIP, MOUTH]).toContain(classes[pixelOf(13, 0.5)]);
  });

  it('gives a mask over mouth and chin that spares the upper face', () => {
    const side = square.x1 - square.x0;
    const mask = blendMask(box!, classes);
    const at = (landmark: number, offsetY = 0): number =>
      mask[
        Math.floor(landmarks[landmark * 3 + 1]! - square.y0 + offsetY) * side +
          Math.floor(landmarks[landmark * 3]! - square.x0)
      ]!;
    expect(at(13)).toBeGreaterThan(200);
    expect(at(CHIN, -12)).toBeGreaterThan(200);
    expect(at(10)).toBe(0);
    expect(at(33)).toBe(0);
  });
});
