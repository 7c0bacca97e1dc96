/**
 * `parity --real DIR`: our computation on the user's weights against pictures that MuseTalk itself made of the same
 * avatar and sound. Frames, boxes and masks are MuseTalk's own, so that no detector stands between.
 *
 *   audio.wav                the sound
 *   full_imgs/00000000.png   results/v15/avatars/ID/full_imgs
 *   mask/00000000.png        results/v15/avatars/ID/mask
 *   coords.json              coords.pkl of the same folder: [[x1, y1, x2, y2], …]
 *   pictures/00000000.png    what MuseTalk made; the number is the video frame's (not all need to be there)
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { resample } from '../audio/resampler.ts';
import { parseWav } from '../audio/wav-file.ts';
import { AvatarError } from '../errors.ts';
import { cropBlack, maskSquare } from '../packs/musetalk/blend-mask.ts';
import { encodeCrop } from '../packs/musetalk/crop-encoder.ts';
import { blendOverRgb, FACE_SIZE, PatchMaker, placeOf } from '../packs/musetalk/mouth-patch.ts';
import {
  openGraphs,
  type GraphOptions,
  type MusetalkGraphs,
} from '../packs/musetalk/musetalk-graphs.ts';
import { offlineFeatures, offlineWindow } from '../packs/musetalk/offline-windows.ts';
import { resizeLanczos4 } from '../packs/musetalk/opencv-resize.ts';
import { cut, swapRedAndBlue } from '../packs/musetalk/parity-pictures.ts';
import type { Picture8, Rect } from '../packs/musetalk/picture.ts';
import { compareValues, type StageResult } from '../packs/musetalk/stage-result.ts';

/** Pictures compared, spread over all: the published network takes seconds each on a CPU. */
const MAX_PICTURES = 25;
/**
 * Mean error in the face, steps of 1/255. Both sides compute in halves, each within 0.5 of float32 (the limit for ours;
 * 0.09 measured at full size), and MuseTalk draws its latents at random around the mean that we take, which is less.
 */
const FACE_TOLERANCE = 1;
/**
 * What the way through MuseTalk's mp4 (x264 at crf 18, 4:2:0) adds to the mean, steps of 1/255: at most 1.88 in the face
 * and 1.32 outside in any of 36 frames of our own, 512 × 512; half as much again for busier pictures.
 */
const VIDEO_FACE_TOLERANCE = 2.8;
const VIDEO_REST_TOLERANCE = 2;

const coordsSchema = z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).min(1);

/** How to compare. */
export type RealOptions = GraphOptions & {
  /** The pictures were taken out of MuseTalk's mp4: its compression is allowed for. */
  readonly isFromVideo?: boolean;
};

/**
 * Compare with the pictures in `folder`, on the pack in `packDir`.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE naming the file | MODEL_PACK_MISSING
 */
export async function realStages(
  folder: string,
  packDir: string,
  options: RealOptions = {},
): Promise<StageResult[]> {
  const boxes = coordsSchema.parse(JSON.parse((await read(folder, 'coords.json')).toString()));
  const wav = parseWav(await read(folder, 'audio.wav'), join(folder, 'audio.wav'));
  const names = await picturesIn(folder);
  const graphs = await openGraphs(packDir, options);
  try {
    const samples = resample(wav.samples, wav.sampleRateHz, 16_000);
    const { sound } = await graphs.painting();
    const features = await offlineFeatures(sound, samples);
    const step = Math.max(1, Math.ceil(names.length / MAX_PICTURES));
    const faces: Pair = { ours: [], theirs: [] };
    const rest: Pair = { ours: [], theirs: [] };
    for (const name of names.filter((_, place) => place % step === 0)) {
      const index = Number.parseInt(name, 10);
      const avatarFrame = index % boxes.length;
      const [x0, y0, x1, y1] = boxes[avatarFrame]!.map(Math.trunc) as [
        number,
        number,
        number,
        number,
      ];
      const box = { x0, y0, x1, y1 };
      const audio = offlineWindow(features, sound.featureLength, index);
      const avatarName = `${String(avatarFrame).padStart(8, '0')}.png`;
      const made = await makePicture(graphs, folder, avatarName, box, audio);
      const theirs = await readPicture(folder, `pictures/${name}`);
      faces.ours.push(cut(made, box).data);
      faces.theirs.push(cut(theirs, box).data);
      rest.ours.push(blanked(made, box));
      rest.theirs.push(blanked(theirs, box));
    }
    if (options.isFromVideo) {
      return [
        compareAll('real-face', faces, FACE_TOLERANCE + VIDEO_FACE_TOLERANCE, 'mean'),
        compareAll('real-outside', rest, VIDEO_REST_TOLERANCE, 'mean'),
      ];
    }
    return [
      compareAll('real-face', faces, FACE_TOLERANCE, 'mean'),
      compareAll('real-outside', rest, 0, 'max'),
    ];
  } finally {
    await graphs.release();
  }
}

type Pair = { readonly ours: Uint8Array[]; readonly theirs: Uint8Array[] };

function compareAll(
  stage: string,
  { ours, theirs }: Pair,
  tolerance: number,
  limits: 'max' | 'mean',
): StageResult {
  return compareValues(stage, Buffer.concat(ours), Buffer.concat(theirs), tolerance, limits);
}

/** One picture, made as MuseTalk makes it, RGB. */
async function makePicture(
  graphs: MusetalkGraphs,
  folder: string,
  name: string,
  box: Rect,
  audio: Float32Array,
): Promise<Picture8> {
  const frame = await readPicture(folder, `full_imgs/${name}`);
  const mask = await readPicture(folder, `mask/${name}`, 1);
  const square = maskSquare(box);
  if (mask.width !== square.x1 - square.x0 || mask.height !== mask.width) {
    throw new AvatarError(
      'SOURCE_UNREADABLE',
      `${folder}/mask/${name} is ${mask.width}×${mask.height} px; the box in coords.json makes a square of ${square.x1 - square.x0}: take both from one preparation`,
    );
  }
  const { mouth } = await graphs.painting();
  const bgr = swapRedAndBlue(resizeLanczos4(cropBlack(frame, box), FACE_SIZE, FACE_SIZE));
  const latents = await graphs.whilePreparing((encoder) => encodeCrop(encoder, bgr));
  const face = await mouth.run([{ latents, audio }]);
  const place = placeOf(box, square, mask.data);
  const patch = new PatchMaker(place.alpha.length).make(face, place, 1);
  const rgb = frame.data.slice();
  blendOverRgb(rgb, frame.width, patch);
  return { ...frame, data: rgb };
}

/** A picture without the pixels of `box`. */
function blanked({ data, width, channels }: Picture8, { x0, y0, x1, y1 }: Rect): Uint8Array {
  const out = data.slice();
  for (let y = y0; y < y1; y += 1)
    out.fill(0, (y * width + x0) * channels, (y * width + x1) * channels);
  return out;
}

async function readPicture(folder: string, name: string, channels = 3): Promise<Picture8> {
  const bytes = await read(folder, name);
  try {
    const picture = sharp(bytes).removeAlpha();
    const toned = channels === 1 ? picture.toColourspace('b-w') : picture.toColourspace('srgb');
    const { data, info } = await toned.raw().toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(data), width: info.width, height: info.height, channels };
  } catch (cause) {
    throw new AvatarError('SOURCE_UNREADABLE', `${join(folder, name)} is not a picture`, { cause });
  }
}

async function picturesIn(folder: string): Promise<string[]> {
  const path = join(folder, 'pictures');
  const names = (await readdir(path).catch(() => [])).filter((name) => /^\d+\.png$/.test(name));
  if (names.length > 0) return names.toSorted();
  throw new AvatarError(
    'SOURCE_MISSING',
    `${path} holds no pictures 00000000.png, 00000001.png …; put what MuseTalk made there (npm run models -- parity --help)`,
  );
}

async function read(folder: string, name: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, name));
  } catch (cause) {
    throw new AvatarError(
      'SOURCE_MISSING',
      `${join(folder, name)} cannot be read; --real needs audio.wav, coords.json, full_imgs/, mask/ and pictures/ (npm run models -- parity --help)`,
      { cause },
    );
  }
}
