/**
 * The rendered people of models/eval-faces: pictures of speech shapes with the true place of every landmark. The people
 * occur nowhere else in the project, and the shapes are MakeHuman's own, not the renderer's.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { z } from 'zod';
import { rgbToI420 } from '../../agent/src/avatars/rgb-to-i420.ts';
import { AvatarError } from '../../agent/src/errors.ts';
import { MESH_LANDMARK_COUNT } from '../../agent/src/face/landmarks.ts';

const LANDMARK_LENGTH = MESH_LANDMARK_COUNT * 3;

const tableSchema = z.object({
  sizePx: z.number(),
  facePx: z.number(),
  parameters: z.array(z.string()),
  people: z.array(
    z.object({
      name: z.string(),
      poseDeg: z.tuple([z.number(), z.number(), z.number()]),
      pictures: z.array(
        z.object({
          shape: z.string(),
          picture: z.string(),
          inside: z.string(),
          parameters: z.array(z.number()),
          lipPolygonAreaPx2: z.number(),
          insideAreaPx2: z.number(),
        }),
      ),
    }),
  ),
  speech: z.array(
    z.object({ name: z.string(), person: z.string(), openingPx2: z.array(z.number()) }),
  ),
});

/** One picture of a mouth shape, as it should be. */
export type TruePicture = {
  /** `rest` is the closed mouth, the avatar's source picture; the others speak. */
  readonly shape: string;
  /** The pack's parameters that were drawn, 0–1. */
  readonly parameters: Float32Array;
  /** Planar 4:2:0, as an avatar's frame. */
  readonly i420: Uint8Array;
  /** RGB of the face detector. */
  readonly rgb: Uint8Array;
  /** Part of each pixel that shows the inside of the mouth, 0–255. */
  readonly inside: Uint8Array;
  /** 468 × (x, y, z) in px. */
  readonly landmarks: Float32Array;
  /** Area of the polygon between the lips and of what is seen of the mouth's inside, px². */
  readonly lipPolygonAreaPx2: number;
  readonly insideAreaPx2: number;
};

export type RenderedPerson = {
  readonly name: string;
  /** Yaw, pitch, roll. */
  readonly poseDeg: readonly [number, number, number];
  readonly rest: TruePicture;
  readonly speaking: readonly TruePicture[];
};

export type TrueSpeech = {
  readonly name: string;
  readonly person: string;
  readonly wavPath: string;
  /** Area between the person's lips every 10 ms, px². */
  readonly openingPx2: Float64Array;
};

export type FaceSet = {
  readonly sizePx: number;
  /** Side of the face crop that errors are stated for: the box of the landmarks in every `rest` picture. */
  readonly facePx: number;
  readonly parameters: readonly string[];
  readonly people: readonly RenderedPerson[];
  readonly speech: readonly TrueSpeech[];
  /** parameters × 468 × 3 displacement that was drawn, dm, in the system of the renderer's mean face. */
  readonly shapes: Float32Array;
};

/**
 * Read the folder that models/eval-faces/render.py wrote.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE naming the file
 */
export async function readFaceSet(folder: string): Promise<FaceSet> {
  const table = tableSchema.safeParse(JSON.parse((await open(folder, 'faces.json')).toString()));
  if (!table.success) {
    throw unreadable(folder, 'faces.json', table.error.issues[0]?.message ?? 'other layout');
  }
  const { sizePx, facePx, parameters, people, speech } = table.data;
  const landmarks = floats(await open(folder, 'landmarks.f32'));
  const shapes = floats(await open(folder, 'shapes.f32'));
  const count = people.reduce((sum, { pictures }) => sum + pictures.length, 0);
  if (landmarks.length !== count * LANDMARK_LENGTH) {
    throw unreadable(folder, 'landmarks.f32', `it is not for ${count} pictures`);
  }
  if (shapes.length !== parameters.length * LANDMARK_LENGTH) {
    throw unreadable(folder, 'shapes.f32', `it is not for ${parameters.length} parameters`);
  }
  let at = 0;
  const read: RenderedPerson[] = [];
  for (const { name, poseDeg, pictures } of people) {
    const mine: TruePicture[] = [];
    for (const entry of pictures) {
      const from = at * LANDMARK_LENGTH;
      const rgb = await pixels(folder, entry.picture, sizePx, 3);
      const i420 = new Uint8Array((sizePx * sizePx * 3) / 2);
      rgbToI420(rgb, sizePx, sizePx, i420, 0);
      mine.push({
        ...entry,
        parameters: Float32Array.from(entry.parameters),
        i420,
        rgb,
        inside: await pixels(folder, entry.inside, sizePx, 1),
        landmarks: landmarks.slice(from, from + LANDMARK_LENGTH),
      });
      at += 1;
    }
    const rest = mine.find(({ shape }) => shape === 'rest');
    if (rest === undefined) throw unreadable(folder, 'faces.json', `${name} has no rest picture`);
    read.push({ name, poseDeg, rest, speaking: mine.filter((one) => one !== rest) });
  }
  return {
    sizePx,
    facePx,
    parameters,
    people: read,
    shapes,
    speech: speech.map(({ name, person, openingPx2 }) => ({
      name,
      person,
      wavPath: join(folder, `${name}.wav`),
      openingPx2: Float64Array.from(openingPx2),
    })),
  };
}

async function open(folder: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(folder, file));
  } catch (cause) {
    throw new AvatarError(
      'SOURCE_MISSING',
      `${join(folder, file)} cannot be read; restore it (git checkout -- models/eval-faces)`,
      { cause },
    );
  }
}

async function pixels(
  folder: string,
  file: string,
  sizePx: number,
  channels: 1 | 3,
): Promise<Uint8Array> {
  const bytes = await open(folder, file);
  const picture = channels === 1 ? sharp(bytes).extractChannel(0) : sharp(bytes).removeAlpha();
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  if (info.width !== sizePx || info.height !== sizePx || info.channels !== channels) {
    throw unreadable(folder, file, `it is ${info.width}×${info.height}×${info.channels}`);
  }
  // A Buffer's slice() would share its memory.
  return new Uint8Array(data);
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function unreadable(folder: string, file: string, reason: string): AvatarError {
  return new AvatarError(
    'SOURCE_UNREADABLE',
    `${join(folder, file)}: ${reason}; make the data again (models/eval-faces/README.md)`,
  );
}
