/**
 * The networks against the golden vectors: tiny graphs with random weights, from sound and a frame to the finished
 * picture. Picture errors are in steps of 1/255.
 */
import { z } from 'zod';
import { WHISPER_SEGMENT_FRAMES, whisperLogMel } from '../../features/whisper-log-mel.ts';
import { blendMask, cropBlack } from './blend-mask.ts';
import { encodeCrop } from './crop-encoder.ts';
import { fromHalves } from './float16.ts';
import { compositeCaseSchema } from './golden-cases.ts';
import type { GoldenVectors } from './golden-vectors.ts';
import { FACE_BYTES, type MouthJob, type MouthNetwork } from './mouth-network.ts';
import { blendOverRgb, FACE_SIZE, PatchMaker, placeOf } from './mouth-patch.ts';
import type { MusetalkGraphs } from './musetalk-graphs.ts';
import { offlineFeatures, offlineWindow } from './offline-windows.ts';
import type { SoundEncoder } from './sound-encoder.ts';
import { resizeLanczos4 } from './opencv-resize.ts';
import { bytesOf, cut, keptRows, swapRedAndBlue, toPicture } from './parity-pictures.ts';
import { compareValues, type StageResult } from './stage-result.ts';

/** How far a pack of one precision may be from PyTorch's float32. */
type Limits = {
  readonly suffix: string;
  readonly features: number;
  /** Of the mean: the edge of the masked half makes single latents wander (models/musetalk-v15/fixtures/README.md). */
  readonly latents: number;
  readonly picture: number;
  readonly pictureLimits: 'max' | 'mean';
};

/** Float32 sums in another order: 1e-6 of the values, through five layers; a rounding may fall to the other side. */
export const FLOAT32_LIMITS: Limits = {
  suffix: '',
  features: 1e-4,
  latents: 1e-4,
  picture: 1,
  pictureLimits: 'max',
};
/** Halves have 11 bits: single pixels differ by many steps, their mean must not (models/musetalk-v15/fixtures/README.md). */
export const FLOAT16_LIMITS: Limits = {
  suffix: '-fp16',
  features: 0.1,
  latents: 5e-3,
  picture: 0.5,
  pictureLimits: 'mean',
};

/** Mel frames of the shorter encoder run. */
const SHORT_FRAMES = 320;

/** Compare the graphs of a tiny pack, each fed with what our stages before it gave. */
export async function networkStages(
  golden: GoldenVectors,
  graphs: MusetalkGraphs,
  limits: Limits,
): Promise<StageResult[]> {
  const { sound, mouth } = await graphs.painting();
  const named = (stage: string): string => stage + limits.suffix;
  const pcm = await golden.tensor('audio-pcm');
  const samples = Float32Array.from(pcm.data, (sample) => sample / 32768);

  const expectedFeatures = await golden.tensor('features');
  const whole = (await sound.run(whisperLogMel(samples), WHISPER_SEGMENT_FRAMES)).slice();
  const kept = whole.subarray(0, expectedFeatures.data.length);
  const results = [
    compareValues(named('features'), kept, expectedFeatures.data, limits.features),
    await shortFeatures(golden, sound, samples, limits),
  ];

  const expectedWindows = await golden.tensor('audio-windows');
  const frames = z.array(z.int()).parse(expectedWindows.facts['frames']);
  const features = await offlineFeatures(sound, samples);
  const windows = frames.map((frame) => offlineWindow(features, sound.featureLength, frame));
  const joined = Float32Array.from(windows.flatMap((window) => [...window]));
  results.push(
    compareValues(named('audio-windows'), joined, expectedWindows.data, limits.features),
  );

  const latents = await ourLatents(golden, graphs);
  const expectedLatents = await golden.tensor('latents');
  results.push(
    compareValues(
      named('latents'),
      asFloats(latents),
      expectedLatents.data,
      limits.latents,
      'mean',
    ),
  );

  const jobs = windows.map((audio) => ({ latents, audio }));
  const faces = await paintAll(mouth, jobs);
  const { picture, pictureLimits } = limits;
  const expectedFaces = await golden.tensor('painted-faces');
  const rows = faces.flatMap((face) => [...keptRows(faceOf(face), expectedFaces.rowStep)]);
  results.push(compareValues(named('picture'), rows, expectedFaces.data, picture, pictureLimits));

  const painted = await golden.tensor('painted-face');
  const index = frames.indexOf(z.int().parse(painted.facts['frame']));
  results.push(await composite(golden, faces[index], limits));
  return results;
}

/** UNet and a decoder of their own, the small one: rows of one face. */
export async function smallDecoderStage(
  golden: GoldenVectors,
  graphs: MusetalkGraphs,
): Promise<StageResult> {
  const expected = await golden.tensor('painted-face-taesd');
  const pcm = await golden.tensor('audio-pcm');
  const samples = Float32Array.from(pcm.data, (sample) => sample / 32768);
  const { sound, mouth } = await graphs.painting();
  const features = await offlineFeatures(sound, samples);
  const frame = z.int().parse(expected.facts['frame']);
  const audio = offlineWindow(features, sound.featureLength, frame);
  const [face] = await paintAll(mouth, [{ latents: await ourLatents(golden, graphs), audio }]);
  const rows = keptRows(faceOf(face ?? new Uint8Array(FACE_BYTES)), expected.rowStep);
  return compareValues('picture-taesd', rows, expected.data, 1);
}

async function shortFeatures(
  golden: GoldenVectors,
  sound: SoundEncoder,
  samples: Float32Array,
  limits: Limits,
): Promise<StageResult> {
  const mel = whisperLogMel(samples);
  const short = Float32Array.from(
    { length: (mel.length / WHISPER_SEGMENT_FRAMES) * SHORT_FRAMES },
    (_, i) => {
      const bin = Math.floor(i / SHORT_FRAMES);
      return mel[bin * WHISPER_SEGMENT_FRAMES + (i % SHORT_FRAMES)]!;
    },
  );
  const features = await sound.run(short, SHORT_FRAMES);
  const expected = await golden.tensor('features-short');
  return compareValues(`features-short${limits.suffix}`, features, expected.data, limits.features);
}

/** Latents of the golden frame's face, in the network's number format. */
async function ourLatents(
  golden: GoldenVectors,
  { whilePreparing }: MusetalkGraphs,
): Promise<MouthJob['latents']> {
  const [first] = await golden.cases('composites', compositeCaseSchema);
  const frame = toPicture(await golden.tensor('frame'));
  const crop = resizeLanczos4(cropBlack(frame, first!.box), FACE_SIZE, FACE_SIZE); // the golden set has composites
  return whilePreparing((cropEncoder) => encodeCrop(cropEncoder, crop));
}

/** The finished picture: our mask from the golden parsing, our painted face, over the golden frame. */
async function composite(
  golden: GoldenVectors,
  face: Uint8Array | undefined,
  { suffix, picture, pictureLimits }: Limits,
): Promise<StageResult> {
  const [first] = await golden.cases('composites', compositeCaseSchema);
  const { box, square, region, output } = first!; // the golden set has composites
  const frame = toPicture(await golden.tensor('frame'));
  const classes = bytesOf(await golden.tensor('parsing'));
  const place = placeOf(box, square, blendMask(box, classes));
  const patch = new PatchMaker(place.alpha.length).make(
    face ?? new Uint8Array(FACE_BYTES),
    place,
    1,
  );
  const rgb = swapRedAndBlue(frame.data);
  blendOverRgb(rgb, frame.width, patch);
  const ours = cut({ ...frame, data: swapRedAndBlue(rgb) }, region);
  const expected = await golden.tensor(output);
  return compareValues(`whole-chain${suffix}`, ours.data, expected.data, picture, pictureLimits);
}

/** Paint frames in the batches the network runs in. */
async function paintAll(network: MouthNetwork, jobs: readonly MouthJob[]): Promise<Uint8Array[]> {
  const faces: Uint8Array[] = [];
  for (let at = 0; at < jobs.length; at += network.maxBatch) {
    const batch = jobs.slice(at, at + network.maxBatch);
    const bgr = await network.run(batch);
    batch.forEach((_, slot) => faces.push(bgr.slice(slot * FACE_BYTES, (slot + 1) * FACE_BYTES)));
  }
  return faces;
}

const faceOf = (data: Uint8Array): Parameters<typeof keptRows>[0] => ({
  data,
  width: FACE_SIZE,
  height: FACE_SIZE,
  channels: 3,
});

function asFloats(latents: Float32Array | Uint16Array): Float32Array {
  if (latents instanceof Float32Array) return latents;
  const values = new Float32Array(latents.length);
  fromHalves(latents, values);
  return values;
}
