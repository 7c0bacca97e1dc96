/** Where the renderer says it has put landmarks, on the mean face in a known pose. */
import { describe, expect, it } from 'vitest';
import { LiteRenderer, prepareLite } from '../../agent/src/mouth/lite-renderer.ts';
import {
  avatarOf,
  faceLandmarks,
  parameters,
  rendererData as data,
  rotation,
  SCALE,
} from '../../agent/src/mouth/synthetic-face.fixture.ts';
import { drawnLandmarks, drawnMotion, landmarkVertices, meanDistance } from './mesh-points.ts';
import { JAW_LANDMARKS, LIP_LANDMARKS } from './score-person.ts';

const landmarks = faceLandmarks(rotation(0, 0, 0), SCALE, 128, 120);
const { frames, track } = avatarOf([landmarks]);
const settings = { bboxShiftPx: 0, strengthRatio: 1 };
const packData = prepareLite(data, frames, track);
const renderer = new LiteRenderer({ data, frames, track, packData, settings });
const vertices = landmarkVertices(data);
const CHIN = 152;

describe('the renderer’s landmarks', () => {
  it('are part of the mesh for lips and jaw', () => {
    const found = [...LIP_LANDMARKS, ...JAW_LANDMARKS].map((landmark) => vertices[landmark]!);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(0);
  });

  it('stay where they were given while nothing moves', () => {
    renderer.render(0, parameters({}), 1);
    const drawn = drawnLandmarks(renderer, vertices, JAW_LANDMARKS);
    expect(meanDistance(drawn, landmarks, JAW_LANDMARKS)).toBeLessThan(0.01);
  });

  it('move by weight · shape · scale', () => {
    renderer.render(0, parameters({ jawOpen: 0.5 }), 1);
    const jaw = data.parameterNames.indexOf('jawOpen') * data.restFace.length;
    const [dx, dy] = drawnMotion(renderer, vertices, [CHIN]);
    expect(dx).toBeCloseTo(0.5 * data.shapes[jaw + CHIN * 3]! * SCALE, 1);
    expect(dy).toBeCloseTo(-0.5 * data.shapes[jaw + CHIN * 3 + 1]! * SCALE, 1);
    expect(dy).toBeGreaterThan(5);
  });
});

describe('the mean distance', () => {
  it('is that of the landmarks picked', () => {
    const truth = new Float32Array(468 * 3);
    truth.set([10, 20, 0], 5 * 3);
    truth.set([30, 40, 0], 7 * 3);
    expect(meanDistance(Float64Array.of(13, 24, 30, 40), truth, [5, 7])).toBe(2.5);
  });
});
