import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaceDetector, overlappingTiles, wholePicture } from './face-detector.ts';
import { loadFaceModels } from './face-models.node.ts';
import type { FaceModels } from './face-models.ts';
import { createFaceTracker, type FaceTrackResult } from './face-tracker.ts';
import {
  CHIN,
  EYE_OUTER_CORNERS,
  FACE_OVAL,
  FOREHEAD_TOP,
  LANDMARK_COUNT,
  LEFT_EYE,
  LEFT_IRIS,
  LIPS_INNER,
  LIPS_OUTER,
  MOUTH_CORNERS,
  NOSE_TIP,
  RIGHT_EYE,
  RIGHT_IRIS,
} from './landmarks.ts';
import type { Picture } from './picture.ts';

const packDirectory = path.resolve(import.meta.dirname, '../../../models/face');
/** A rendered head, 320 × 320; its face surface is about 115 × 140 px. */
const facePicture = path.join(packDirectory, 'golden/face.png');
const FACE_WIDTH_SHARE = 115 / 320;

let models: FaceModels;
beforeAll(async () => {
  models = await loadFaceModels(packDirectory);
});
afterAll(() => models.release());

type Placement = {
  width?: number;
  height?: number;
  size?: number;
  x?: number;
  y?: number;
  turnDegrees?: number;
};

/** The head on grey, at a size and place, turned clockwise. */
async function picture(placement: Placement = {}, channels: 3 | 4 = 3): Promise<Picture> {
  const { width = 640, height = 480, size = 400, turnDegrees = 0 } = placement;
  const turned = await sharp(facePicture)
    .resize(size, size)
    .rotate(turnDegrees, { background: '#8b939c' })
    .toBuffer();
  const side = (await sharp(turned).metadata()).width;
  const x = placement.x ?? Math.round((width - side) / 2);
  const y = placement.y ?? Math.round((height - side) / 2);
  const background = { r: 139, g: 147, b: 156, alpha: 1 };
  // A piece may lie partly outside, which sharp's composite refuses: work on a larger sheet and cut it.
  const margin = 400;
  const sheet = sharp({
    create: { width: width + 2 * margin, height: height + 2 * margin, channels: 4, background },
  }).composite([{ input: turned, left: x + margin, top: y + margin }]);
  const cut = sharp(await sheet.png().toBuffer()).extract({
    left: margin,
    top: margin,
    width,
    height,
  });
  const data = await (channels === 4 ? cut : cut.removeAlpha()).raw().toBuffer();
  return { data, width, height, channels };
}

function noisePicture(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  let state = 1;
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = state >>> 24;
  }
  return { data, width, height, channels: 3 };
}

const blank = (width: number, height: number, value = 0): Picture => ({
  data: new Uint8Array(width * height * 3).fill(value),
  width,
  height,
  channels: 3,
});

async function trackOnce(input: Picture): Promise<FaceTrackResult> {
  const result = await createFaceTracker(models).track(input);
  expect(result).not.toBeNull();
  return result!;
}

const pointOf =
  ({ landmarks }: FaceTrackResult) =>
  (index: number): { x: number; y: number; z: number } => ({
    x: landmarks[3 * index]!,
    y: landmarks[3 * index + 1]!,
    z: landmarks[3 * index + 2]!,
  });

/** Mean and largest distance between where the landmarks are and where `move` puts the reference's. */
function distance(
  actual: FaceTrackResult,
  reference: FaceTrackResult,
  move: (x: number, y: number) => [number, number],
): { mean: number; max: number } {
  const at = pointOf(actual);
  const from = pointOf(reference);
  const distances = Array.from({ length: LANDMARK_COUNT }, (_, i) => {
    const [x, y] = move(from(i).x, from(i).y);
    return Math.hypot(at(i).x - x, at(i).y - y);
  });
  return {
    mean: distances.reduce((sum, d) => sum + d, 0) / distances.length,
    max: Math.max(...distances),
  };
}

/** Mean of a ring of landmarks. */
const centreOf = (
  result: FaceTrackResult,
  indices: readonly number[],
): { x: number; y: number } => {
  const points = indices.map(pointOf(result));
  return {
    x: points.reduce((sum, { x }) => sum + x, 0) / points.length,
    y: points.reduce((sum, { y }) => sum + y, 0) / points.length,
  };
};

describe('a face in a picture', () => {
  it('has landmarks where a face has them', async () => {
    const result = await trackOnce(await picture());
    const at = pointOf(result);

    expect(result.score).toBeGreaterThan(0.95);
    expect(result.landmarks).toHaveLength(LANDMARK_COUNT * 3);
    for (let i = 0; i < LANDMARK_COUNT; i++) {
      expect(at(i).x).toBeGreaterThan(0);
      expect(at(i).x).toBeLessThan(640);
      expect(at(i).y).toBeGreaterThan(0);
      expect(at(i).y).toBeLessThan(480);
    }
    const heights = [
      at(FOREHEAD_TOP).y,
      centreOf(result, RIGHT_EYE).y,
      at(NOSE_TIP).y,
      centreOf(result, LIPS_OUTER).y,
      at(CHIN).y,
    ];
    expect(heights).toEqual([...heights].sort((a, b) => a - b));
    expect(at(EYE_OUTER_CORNERS.right).x).toBeLessThan(at(EYE_OUTER_CORNERS.left).x);
    expect(at(MOUTH_CORNERS.right).x).toBeLessThan(at(MOUTH_CORNERS.left).x);
    expect(at(NOSE_TIP).z).toBeLessThan(at(CHIN).z);
  });

  it('has its box around the face oval', async () => {
    const result = await trackOnce(await picture());
    const { box } = result;
    expect(box.width).toBeGreaterThan(0.85 * FACE_WIDTH_SHARE * 400);
    expect(box.width).toBeLessThan(1.15 * FACE_WIDTH_SHARE * 400);
    for (const { x, y } of FACE_OVAL.map(pointOf(result))) {
      expect(x).toBeGreaterThanOrEqual(box.x - 1e-3);
      expect(x).toBeLessThanOrEqual(box.x + box.width + 1e-3);
      expect(y).toBeGreaterThanOrEqual(box.y - 1e-3);
      expect(y).toBeLessThanOrEqual(box.y + box.height + 1e-3);
    }
  });

  it('has irises inside the eyes and the inner lips inside the outer', async () => {
    const result = await trackOnce(await picture());
    for (const { iris, eye } of [
      { iris: RIGHT_IRIS, eye: RIGHT_EYE },
      { iris: LEFT_IRIS, eye: LEFT_EYE },
    ]) {
      const xs = eye.map(pointOf(result)).map(({ x }) => x);
      const centre = pointOf(result)(iris[0]);
      expect(centre.x).toBeGreaterThan(Math.min(...xs));
      expect(centre.x).toBeLessThan(Math.max(...xs));
      const eyeDepth = eye.map(pointOf(result)).reduce((sum, { z }) => sum + z, 0) / eye.length;
      expect(centre.z).toBeCloseTo(eyeDepth, 3);
    }
    const area = (ring: readonly number[]): number => ringArea(ring.map(pointOf(result)));
    expect(area(LIPS_OUTER)).toBeGreaterThan(area(LIPS_INNER));
  });

  it('gives the same landmarks for RGBA as for RGB', async () => {
    const rgb = await trackOnce(await picture());
    const rgba = await trackOnce(await picture({}, 4));
    expect(rgba.landmarks).toEqual(rgb.landmarks);
  });

  it('is followed within 1 px when the picture shifts', async () => {
    const tracker = createFaceTracker(models);
    const reference = (await tracker.track(await picture({ x: 120, y: 40 })))!;
    for (const [x, y] of [
      [124, 43],
      [131, 46],
      [127, 40],
      [120, 40],
    ] as const) {
      const result = (await tracker.track(await picture({ x, y })))!;
      const { mean, max } = distance(result, reference, (px, py) => [px + x - 120, py + y - 40]);
      expect(mean).toBeLessThan(1);
      expect(max).toBeLessThan(4);
    }
  });

  it('stays where it is while the picture does', async () => {
    const tracker = createFaceTracker(models);
    const still = await picture();
    const early = (await tracker.track(still))!;
    for (let i = 0; i < 10; i++) await tracker.track(still);
    const late = (await tracker.track(still))!;
    const { mean } = distance(late, early, (x, y) => [x, y]);
    expect(mean).toBeLessThan(0.3);
  });

  it.each([-40, -20, 20, 40])(
    'is found when the head is turned by %i degrees in the picture',
    async (turnDegrees) => {
      const upright = await trackOnce(await picture());
      const turned = await trackOnce(await picture({ turnDegrees }));
      const angle = (turnDegrees * Math.PI) / 180;
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
      const { mean } = distance(turned, upright, (x, y) => {
        const [dx, dy] = [x - 320, y - 240];
        return [320 + dx * cosine - dy * sine, 240 + dx * sine + dy * cosine];
      });
      expect(mean).toBeLessThan(3);
    },
  );

  it.each([
    ['320 px wide', 320],
    ['80 px wide', 80],
    ['40 px wide', 40],
    ['30 px wide', 30],
  ])('of %s is found in a 1920x1080 picture', async (_, faceWidth) => {
    const size = Math.round(faceWidth / FACE_WIDTH_SHARE);
    const result = await trackOnce(
      await picture({ width: 1920, height: 1080, size, x: 1300, y: 80 }),
    );
    expect(result.box.width).toBeGreaterThan(0.7 * faceWidth);
    expect(result.box.width).toBeLessThan(1.3 * faceWidth);
    expect(result.box.x).toBeGreaterThan(1300);
    expect(result.box.x + result.box.width).toBeLessThan(1300 + size);
  });

  it('is found in a tall phone picture and when it nearly fills the picture', async () => {
    const tall = await trackOnce(await picture({ width: 540, height: 1200, size: 500, y: 300 }));
    expect(tall.box.y).toBeGreaterThan(300);
    const close = await trackOnce(
      await picture({ width: 400, height: 400, size: 800, x: -210, y: -200 }),
    );
    expect(close.box.width).toBeGreaterThan(230);
  });

  it('that is larger wins over a smaller one', async () => {
    const large = await picture({ width: 1000, height: 500, size: 480, x: 500, y: 10 });
    const small = await picture({ width: 1000, height: 500, size: 260, x: 60, y: 100 });
    const data = new Uint8Array(large.data);
    for (let y = 0; y < 500; y++) {
      data.set(small.data.subarray(y * 3000, y * 3000 + 1440), y * 3000);
    }
    const result = await trackOnce({ ...large, data });
    expect(result.box.x).toBeGreaterThan(500);
  });
});

describe('a picture without a face', () => {
  it.each([
    ['black', blank(640, 480)],
    ['white', blank(640, 480, 255)],
    ['noise', noisePicture(640, 480)],
    ['one pixel', blank(1, 1, 128)],
    ['one row', blank(300, 1, 128)],
  ])('gives null: %s', async (_, input) => {
    expect(await createFaceTracker(models).track(input)).toBeNull();
    expect(await createFaceTracker(models, { detector: 'short-range' }).track(input)).toBeNull();
  });

  it('ends the track, and the face is found again elsewhere', async () => {
    const tracker = createFaceTracker(models);
    expect(await tracker.track(await picture({ x: 0 }))).not.toBeNull();
    expect(await tracker.track(noisePicture(640, 480))).toBeNull();
    const again = await tracker.track(await picture({ x: 240 }));
    expect(again!.box.x).toBeGreaterThan(320);
  });

  it('is refused when its bytes do not fit its size', async () => {
    const tracker = createFaceTracker(models);
    const broken = { data: new Uint8Array(10), width: 640, height: 480, channels: 3 } as const;
    await expect(tracker.track(broken)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await tracker.track(await picture())).not.toBeNull();
  });
});

describe('a tracker', () => {
  it('follows a jump across the picture', async () => {
    const tracker = createFaceTracker(models);
    await tracker.track(await picture({ width: 1280, height: 480, x: 0 }));
    const after = await tracker.track(await picture({ width: 1280, height: 480, x: 860 }));
    expect(after!.box.x).toBeGreaterThan(900);
  });

  it('starts anew after reset: the same as a new tracker', async () => {
    const tracker = createFaceTracker(models);
    await tracker.track(await picture({ x: 60 }));
    tracker.reset();
    const again = await tracker.track(await picture({ x: 120 }));
    expect(again!.landmarks).toEqual((await trackOnce(await picture({ x: 120 }))).landmarks);
  });

  it('refuses overlapping calls instead of mixing two pictures', async () => {
    const tracker = createFaceTracker(models);
    const input = await picture();
    const first = tracker.track(input);
    await expect(tracker.track(input)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await first).not.toBeNull();
  });

  it('tells its speed', async () => {
    const tracker = createFaceTracker(models);
    const input = await picture();
    await tracker.track(input);
    const times = [];
    for (let i = 0; i < 40; i++) {
      const start = performance.now();
      await tracker.track(input);
      times.push(performance.now() - start);
    }
    times.sort((a, b) => a - b);
    console.log(
      `track 640x480: min ${times[0]!.toFixed(2)} ms, median ${times[20]!.toFixed(2)} ms per frame`,
    );
    expect(times).toHaveLength(40);
  });
});

describe('the detectors', () => {
  it.each(['full-range', 'short-range'] as const)(
    '%s finds the face with its eyes above its mouth',
    async (kind) => {
      const input = await picture();
      const [face, ...others] = await new FaceDetector(models, kind).detect(
        input,
        wholePicture(input),
        0.4,
      );
      expect(others).toHaveLength(0);
      const [rightEyeX, rightEyeY, leftEyeX, , , , mouthX, mouthY] = face!.keypoints;
      expect(rightEyeX).toBeLessThan(leftEyeX!);
      expect(rightEyeY).toBeLessThan(mouthY!);
      expect(mouthX).toBeGreaterThan(face!.box.x);
      expect(face!.box.width).toBeGreaterThan(0.7 * FACE_WIDTH_SHARE * 400);
      expect(face!.box.width).toBeLessThan(1.5 * FACE_WIDTH_SHARE * 400);
    },
  );

  it('search tiles that cover every pixel and overlap by half a tile', () => {
    for (const [width, height] of [
      [1920, 1080],
      [1080, 1920],
      [500, 500],
      [3000, 100],
    ] as const) {
      const tiles = overlappingTiles({ data: new Uint8Array(0), width, height, channels: 3 });
      const xs = [...new Set(tiles.map(({ x }) => x))].sort((a, b) => a - b);
      const side = tiles[0]!.sizePx;
      expect(xs[0]).toBeLessThanOrEqual(0);
      expect(xs.at(-1)! + side).toBeGreaterThanOrEqual(width);
      for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeLessThanOrEqual(side / 2);
    }
  });
});

function ringArea(points: { x: number; y: number }[]): number {
  let doubled = 0;
  points.forEach(({ x, y }, i) => {
    const next = points[(i + 1) % points.length]!;
    doubled += x * next.y - next.x * y;
  });
  return Math.abs(doubled) / 2;
}
