/** Prepares an avatar for the pack: per frame the face box, the crop's latents and the blend mask. */
import { AvatarError } from '../../errors.ts';
import type { InferenceModel } from '../../models/inference-session.ts';
import { convertRegion } from '../../mouth/yuv.ts';
import type { FaceTrack, FrameStore, PackAvatarSettings } from '../../pipeline/model-pack.ts';
import { blendMask, cropBlack, maskSquare, parsingPicture } from './blend-mask.ts';
import { encodeCrop } from './crop-encoder.ts';
import { boxesOf } from './face-box.ts';
import { parseFace } from './face-parsing.ts';
import { geometricParsing } from './geometric-parsing.ts';
import { FACE_SIZE, placeOf } from './mouth-patch.ts';
import { resizeLanczos4 } from './opencv-resize.ts';
import type { Picture8, Rect } from './picture.ts';
import { encodePrepared, type PreparedFrame } from './prepared-avatar.ts';

/** The networks of a preparation. */
export type PrepareNetworks = {
  readonly cropEncoder: InferenceModel;
  /** The face-parsing network; undefined: the mask comes from the face mesh. */
  readonly faceParsing: InferenceModel | undefined;
};

/** Smallest face box worth painting, px. */
const MIN_BOX_PX = 32;

/** Bytes of an avatar (prepared-avatar.ts). @throws AvatarError FACE_NOT_FOUND when no frame is usable */
export async function prepareMusetalk(
  networks: PrepareNetworks,
  frames: FrameStore,
  track: FaceTrack,
  settings: Pick<PackAvatarSettings, 'bboxShiftPx'>,
): Promise<Uint8Array> {
  const { width, height } = frames;
  const boxes = boxesOf(track, {
    frameWidthPx: width,
    frameHeightPx: height,
    bboxShiftPx: settings.bboxShiftPx,
  });
  const prepared: (PreparedFrame | undefined)[] = [];
  for (const [frame, box] of boxes.entries()) {
    const isUsable = box && box.x1 - box.x0 >= MIN_BOX_PX && box.y1 - box.y0 >= MIN_BOX_PX;
    prepared.push(isUsable ? await prepareFrame(networks, frames, track, frame, box) : undefined);
  }
  if (prepared.every((frame) => frame === undefined)) {
    const shift =
      settings.bboxShiftPx === 0
        ? ''
        : `, or a bbox_shift nearer to 0 than ${settings.bboxShiftPx}`;
    throw new AvatarError(
      'FACE_NOT_FOUND',
      `No frame has a face box of at least ${MIN_BOX_PX} px inside the picture. Use a source with a larger face${shift}.`,
    );
  }
  return encodePrepared(prepared, { width, height });
}

async function prepareFrame(
  { cropEncoder, faceParsing }: PrepareNetworks,
  frames: FrameStore,
  track: FaceTrack,
  frame: number,
  box: Rect,
): Promise<PreparedFrame> {
  const picture = rgbOf(frames, frame);
  const square = maskSquare(box);
  const classes = faceParsing
    ? await parseFace(faceParsing, parsingPicture(picture, square))
    : geometricParsing(track.landmarks, frame, square);
  const crop = resizeLanczos4(cropBlack(picture, box), FACE_SIZE, FACE_SIZE);
  for (let i = 0; i < crop.length; i += 3) {
    const red = crop[i]!; // the length is a multiple of 3
    crop[i] = crop[i + 2]!;
    crop[i + 2] = red;
  }
  const latents = await encodeCrop(cropEncoder, crop);
  return { ...placeOf(box, square, blendMask(box, classes)), latents };
}

/** One frame of the store as RGB. */
function rgbOf(frames: FrameStore, frame: number): Picture8 {
  const { width, height } = frames;
  const data = new Uint8Array(width * height * 3);
  const packed = new Int32Array(width * height);
  convertRegion(frames, frame, { x: 0, y: 0, width, height }, packed, data);
  return { data, width, height, channels: 3 };
}
