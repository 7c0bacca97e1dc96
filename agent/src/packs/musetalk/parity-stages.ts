/**
 * Our stages against the golden vectors, number by number. The tests and `npm run models -- parity` run the same list.
 * Picture and box stages are integers: anything but equal is wrong.
 */
import { z } from 'zod';
import { WHISPER_SEGMENT_FRAMES, whisperLogMel } from '../../features/whisper-log-mel.ts';
import { blendMask, maskSquare } from './blend-mask.ts';
import { extentOf, faceBox, withMargin } from './face-box.ts';
import { endFeature, firstFeature, WINDOW_FEATURES } from './feature-windows.ts';
import {
  boxCaseSchema,
  compositeCaseSchema,
  resizeCaseSchema,
  windowCaseSchema,
} from './golden-cases.ts';
import type { GoldenVectors } from './golden-vectors.ts';
import { jawMask } from './jaw-mask.ts';
import { blendOverRgb, PatchMaker, placeOf } from './mouth-patch.ts';
import { LinearResize, resizeLanczos4 } from './opencv-resize.ts';
import type { Picture8, Rect } from './picture.ts';
import { bytesOf, cut, keptRows, swapRedAndBlue, toPicture } from './parity-pictures.ts';
import { compareValues, type StageResult } from './stage-result.ts';

/** Largest error of the mel: float32 rounding of values around 1, summed over 400 samples in float64 on both sides. */
const MEL_TOLERANCE = 1e-5;
/** 25 frames per second: the rate of everything here. */
const FPS = 25;

/** Run all stages that need no network. @throws AvatarError when fixtures are missing */
export async function exactStages(golden: GoldenVectors): Promise<StageResult[]> {
  return [
    await melStage(golden),
    await windowStage(golden),
    await boxStage(golden),
    ...(await resizeStages(golden)),
    ...(await maskStages(golden)),
    ...(await compositeStages(golden)),
  ];
}

async function melStage(golden: GoldenVectors): Promise<StageResult> {
  const pcm = await golden.tensor('audio-pcm');
  const expected = await golden.tensor('mel');
  const rest = z.number().parse(expected.facts['restValue']);
  const mel = whisperLogMel(Float32Array.from(pcm.data, (sample) => sample / 32768));
  const kept = expected.shape[1] ?? 0;
  const wanted = Float32Array.from(mel, (_, i) => {
    const frame = i % WHISPER_SEGMENT_FRAMES;
    return frame < kept
      ? expected.data[Math.floor(i / WHISPER_SEGMENT_FRAMES) * kept + frame]!
      : rest;
  });
  return compareValues('mel', mel, wanted, MEL_TOLERANCE);
}

async function windowStage(golden: GoldenVectors): Promise<StageResult> {
  const cases = await golden.cases('windows', windowCaseSchema);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const { features, indices } of cases.filter(({ fps }) => fps === FPS)) {
    indices.forEach((expected, frame) => {
      for (let i = 0; i < WINDOW_FEATURES; i += 1) {
        const feature = firstFeature(frame) + i;
        ours.push(feature >= 0 && feature < features ? feature : -1);
        theirs.push(expected[i] ?? NaN);
      }
      ours.push(endFeature(frame));
      theirs.push(firstFeature(frame) + expected.length);
    });
  }
  return compareValues('windows', ours, theirs, 0);
}

async function boxStage(golden: GoldenVectors): Promise<StageResult> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const push = (list: number[], { x0, y0, x1, y1 }: Rect): number => list.push(x0, y0, x1, y1);
  for (const one of await golden.cases('boxes', boxCaseSchema)) {
    const { bboxShiftPx, extraMarginPx, frameHeight, detectorBox } = one;
    const found = faceBox(extentOf(one.landmarks.flat()), bboxShiftPx, extraMarginPx, frameHeight);
    const bottom = withMargin(detectorBox.y1, extraMarginPx, frameHeight);
    const box = found ?? { ...detectorBox, y1: bottom };
    push(ours, box);
    push(theirs, one.box);
    push(ours, maskSquare(box));
    push(theirs, one.square);
    ours.push(found ? 0 : 1);
    theirs.push(one.usesDetectorBox ? 1 : 0);
  }
  return compareValues('box', ours, theirs, 0);
}

async function resizeStages(golden: GoldenVectors): Promise<StageResult[]> {
  const results: StageResult[] = [];
  for (const one of await golden.cases('resizes', resizeCaseSchema)) {
    const source = toPicture(await golden.tensor(one.input));
    const expected = await golden.tensor(one.output);
    let made: Picture8;
    if (one.kind === 'lanczos4') {
      const crop = one.crop ?? { x0: 0, y0: 0, x1: source.width, y1: source.height };
      const data = resizeLanczos4(cut(source, crop), 256, 256);
      made = { data, width: 256, height: 256, channels: 3 };
    } else {
      const { width = 0, height = 0 } = one;
      const data = new Uint8Array(width * height * 3);
      new LinearResize(source, { width, height }).run(
        source.data,
        { x0: 0, y0: 0, x1: width, y1: height },
        data,
        0,
        width * 3,
      );
      made = { data, width, height, channels: 3 };
    }
    results.push(compareValues(one.name, keptRows(made, expected.rowStep), expected.data, 0));
  }
  return results;
}

async function maskStages(golden: GoldenVectors): Promise<StageResult[]> {
  const classes = bytesOf(await golden.tensor('parsing'));
  const jaw = await golden.tensor('jaw-mask');
  const results = [compareValues('jaw-mask', jawMask(classes), jaw.data, 0)];
  for (const name of ['mask-blurred', 'mask-edge']) {
    const expected = await golden.tensor(name);
    const [x0, y0, x1, y1] = z
      .tuple([z.int(), z.int(), z.int(), z.int()])
      .parse(expected.facts['box']);
    const mask = blendMask({ x0, y0, x1, y1 }, classes);
    results.push(compareValues(name, mask, expected.data, 0));
  }
  return results;
}

async function compositeStages(golden: GoldenVectors): Promise<StageResult[]> {
  const results: StageResult[] = [];
  for (const one of await golden.cases('composites', compositeCaseSchema)) {
    const frame = toPicture(await golden.tensor(one.frame));
    const mask = bytesOf(await golden.tensor(one.mask));
    const face = bytesOf(await golden.tensor(one.face));
    const place = placeOf(one.box, one.square, mask);
    const patch = new PatchMaker(place.alpha.length).make(face, place, 1);
    const rgb = swapRedAndBlue(frame.data);
    blendOverRgb(rgb, frame.width, patch);
    const whole = { ...frame, data: swapRedAndBlue(rgb) };
    const expected = await golden.tensor(one.output);
    results.push(compareValues(one.name, cut(whole, one.region).data, expected.data, 0));
  }
  return results;
}
