/**
 * The quality of the `lite` renderer on people it has never met: rendered speakers whose landmarks, openings and
 * pictures are known (models/eval-faces).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AvatarError } from '../../agent/src/errors.ts';
import { loadFaceModels } from '../../agent/src/face/face-models.node.ts';
import { createFaceTracker } from '../../agent/src/face/face-tracker.ts';
import { parseRendererData, type RendererData } from '../../agent/src/mouth/renderer-data.ts';
import { loadPack } from '../../agent/src/packs/load-pack.ts';
import { mean } from '../statistics.ts';
import { readFaceSet, type FaceSet, type RenderedPerson } from './face-set.ts';
import { scorePerson, stillAvatar, type PictureScore, type ScoredPicture } from './score-person.ts';
import {
  renderedOpening,
  scoreOpenings,
  type OpeningCurves,
  type OpeningScore,
} from './speech-opening.ts';

export type RenderedSpeakersOptions = {
  /** The repository's `models` folder. */
  readonly modelsDir: string;
  /** Folder of the data set. Default: modelsDir/eval-faces/data. */
  readonly dataDir?: string;
  /** Only these people; default: all. */
  readonly people?: readonly string[];
  /** Called with every picture rendered from true landmarks, for a report. Its arrays are the caller's. */
  readonly onPicture?: (picture: ScoredPicture) => void;
  readonly onCurves?: (curves: OpeningCurves) => void;
};

/** Means over pictures. Lengths in px of a 256 px face crop: the box of the landmarks has that longer side. */
export type ShapeScores = {
  readonly pictures: number;
  readonly lipLandmarkErrorPx: number;
  readonly jawLandmarkErrorPx: number;
  /** Error of the movement alone; differs from the error above only for detected landmarks. */
  readonly lipMotionErrorPx: number;
  readonly jawMotionErrorPx: number;
  /** The same for a face that does not move: what the errors compare with. */
  readonly lipStillErrorPx: number;
  readonly jawStillErrorPx: number;
  /** Rendered opening ÷ truly seen inside of the mouth, sums over pictures with an open mouth. NaN without any. */
  readonly openAreaRatio: number;
  /** Rendered opening ÷ polygon of the true inner lips. */
  readonly lipPolygonRatio: number;
  /** Fine structure inside the mouth, rendered ÷ true, and of the skin that moves. */
  readonly textureRatio: number;
  readonly skinTextureRatio: number;
  readonly outsideMaskMaxError: number;
  /** Steps of brightness across the patch's rim ÷ those of the source; 1 = no seam. */
  readonly seamRatio: number;
  /** Likeness of the mouth to the truth; not a goal. */
  readonly ssim: number;
};

export type RenderedSpeakerScores = ShapeScores &
  OpeningScore & {
    readonly people: number;
    readonly byShape: Readonly<Record<string, ShapeScores>>;
    readonly byPerson: Readonly<Record<string, ShapeScores>>;
    /** With the true shapes in place of the pack's: what pose fit and the mean face's proportions cost. */
    readonly transfer: ShapeScores;
    /** With landmarks found by the product's own detector and mesh. */
    readonly detected: ShapeScores;
    readonly pictureScores: readonly PictureScore[];
  };

/**
 * Score the renderer. The same files give the same figures.
 * @throws AvatarError SOURCE_MISSING | SOURCE_UNREADABLE (data set), MODEL_PACK_*, FACE_NOT_FOUND
 */
export async function evaluateRenderedSpeakers(
  options: RenderedSpeakersOptions,
): Promise<RenderedSpeakerScores> {
  const { modelsDir } = options;
  const all = await readFaceSet(options.dataDir ?? join(modelsDir, 'eval-faces/data'));
  const set = { ...all, people: pick(all.people, options.people) };
  const data = parseRendererData(await readFile(join(modelsDir, 'lite/renderer.bin')));
  assertSameParameters(set, data);
  const exact = set.people.flatMap((one) => scorePerson(set, data, one, one.rest.landmarks));
  for (const picture of exact) options.onPicture?.(picture);
  const moved = withTrueShapes(data, set.shapes);
  const transfer = set.people.flatMap((one) => scorePerson(set, moved, one, one.rest.landmarks));
  const found = await detectedLandmarks(set, modelsDir);
  const detected = set.people.flatMap((one, k) => scorePerson(set, data, one, found[k]!));
  const { score, curves } = await scoreSpeech(set, data, modelsDir);
  for (const curve of curves) options.onCurves?.(curve);
  const scores = exact.map((picture) => picture.score);
  return {
    people: set.people.length,
    ...summary(scores),
    ...score,
    byShape: grouped(scores, 'shape'),
    byPerson: grouped(scores, 'person'),
    transfer: summary(transfer.map((picture) => picture.score)),
    detected: summary(detected.map((picture) => picture.score)),
    pictureScores: scores,
  };
}

/** Means over pictures; ratios of openings and textures are those of sums, so that small openings do not rule. */
export function summary(scores: readonly PictureScore[]): ShapeScores {
  const open = scores.filter(({ isOpen }) => isOpen);
  const average = (field: NumberField): number => mean(scores.map((score) => score[field]));
  const ratio = (of: readonly PictureScore[], ours: NumberField, theirs: NumberField): number =>
    mean(of.map((score) => score[ours])) / mean(of.map((score) => score[theirs]));
  return {
    pictures: scores.length,
    lipLandmarkErrorPx: average('lipErrorPx'),
    jawLandmarkErrorPx: average('jawErrorPx'),
    lipMotionErrorPx: average('lipMotionErrorPx'),
    jawMotionErrorPx: average('jawMotionErrorPx'),
    lipStillErrorPx: average('lipStillErrorPx'),
    jawStillErrorPx: average('jawStillErrorPx'),
    openAreaRatio: ratio(open, 'openingPx2', 'trueInsidePx2'),
    lipPolygonRatio: ratio(open, 'openingPx2', 'trueOpeningPx2'),
    textureRatio: ratio(open, 'insideTexture', 'trueInsideTexture'),
    skinTextureRatio: ratio(scores, 'skinTexture', 'trueSkinTexture'),
    outsideMaskMaxError: Math.max(...scores.map((score) => score.outsideMaximum)),
    seamRatio: average('seamRatio'),
    ssim: average('ssim'),
  };
}

type NumberField = {
  [K in keyof PictureScore]: PictureScore[K] extends number ? K : never;
}[keyof PictureScore];

function grouped(
  scores: readonly PictureScore[],
  by: 'shape' | 'person',
): Record<string, ShapeScores> {
  const names = new Set(scores.map((score) => score[by]));
  return Object.fromEntries(
    [...names].map((name) => [name, summary(scores.filter((score) => score[by] === name))]),
  );
}

function pick(
  people: readonly RenderedPerson[],
  names: readonly string[] | undefined,
): readonly RenderedPerson[] {
  const picked = people.filter(({ name }) => names?.includes(name) ?? true);
  if (picked.length > 0) return picked;
  const known = people.map(({ name }) => name).join(', ');
  throw new AvatarError('REQUEST_INVALID', `none of the people asked for; there are: ${known}`);
}

function assertSameParameters(set: FaceSet, data: RendererData): void {
  if (set.parameters.join() === data.parameterNames.join()) return;
  throw new AvatarError(
    'SOURCE_UNREADABLE',
    `models/eval-faces was drawn for other parameters (${set.parameters.join(', ')}) than renderer.bin has; draw it again`,
  );
}

/** The renderer's data, its landmarks moved as the true pictures' are. */
function withTrueShapes(data: RendererData, trueShapes: Float32Array): RendererData {
  const shapes = data.shapes.slice();
  shapes.set(trueShapes);
  return { ...data, shapes };
}

async function detectedLandmarks(set: FaceSet, modelsDir: string): Promise<Float32Array[]> {
  const models = await loadFaceModels(join(modelsDir, 'face'));
  try {
    const found: Float32Array[] = [];
    for (const { name, rest } of set.people) {
      const tracker = createFaceTracker(models);
      const { sizePx } = set;
      const picture = { data: rest.rgb, width: sizePx, height: sizePx, channels: 3 as const };
      const face = await tracker.track(picture);
      if (face === null) {
        throw new AvatarError('FACE_NOT_FOUND', `${name}: the detector finds no face at rest`);
      }
      found.push(face.landmarks);
    }
    return found;
  } finally {
    await models.release();
  }
}

async function scoreSpeech(set: FaceSet, data: RendererData, modelsDir: string) {
  const pack = await loadPack('lite', modelsDir);
  try {
    const spoken = [];
    for (const speech of set.speech) {
      const person = set.people.find(({ name }) => name === speech.person);
      if (person === undefined) continue;
      const avatar = stillAvatar(data, person, set.sizePx, person.rest.landmarks);
      const openings = await renderedOpening(pack, data, avatar, speech.wavPath);
      spoken.push({ speech, openings });
    }
    return scoreOpenings(spoken);
  } finally {
    await pack.close();
  }
}
