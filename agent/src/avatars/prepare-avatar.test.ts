import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FACE_PICTURE,
  ffmpeg,
  HAS_FFMPEG,
  makeFaceVideo,
  makeLandscape,
  MODELS_DIR,
  temporaryFolder,
} from '../../test/avatar-fixtures.ts';
import { parseWav, writeWav } from '../audio/wav-file.ts';
import { avatarSchema, serviceSchema } from '../config/schema.ts';
import { AvatarError } from '../errors.ts';
import { loadFaceModels } from '../face/face-models.node.ts';
import type { FaceModels } from '../face/face-models.ts';
import { ProbePack } from '../packs/probe/probe-pack.ts';
import type { FaceTrack, FrameStore, PackAvatarSettings } from '../pipeline/model-pack.ts';
import { BundleWriter } from './bundle-writer.ts';
import { openBundle } from './open-bundle.ts';
import { prepareAvatar, type PrepareRequest } from './prepare-avatar.ts';

const folder = temporaryFolder();
let models: FaceModels;
beforeAll(async () => {
  models = await loadFaceModels(join(MODELS_DIR, 'face'));
});
afterAll(() => models.release());

/** The probe pack, with its data made from what it was shown, so that a test can see it. */
class WitnessPack extends ProbePack {
  override prepare(
    frames?: FrameStore,
    track?: FaceTrack,
    settings?: PackAvatarSettings,
  ): Promise<Uint8Array> {
    const shown = [frames!.frameCount, frames!.i420[0]!, track!.boxes.length];
    return Promise.resolve(Uint8Array.of(...shown, settings!.bboxShiftPx));
  }
}

function request(source: string, changes: Partial<PrepareRequest> = {}): PrepareRequest {
  return {
    id: 'avatar_1',
    config: avatarSchema.parse({ video_path: source }),
    service: serviceSchema.parse({}),
    pack: new WitnessPack(),
    faceModels: () => Promise.resolve(models),
    outDir: join(folder, 'out', 'bundle'),
    ...changes,
  };
}

async function refusal(asked: PrepareRequest): Promise<string> {
  try {
    await prepareAvatar(asked);
  } catch (thrown) {
    if (thrown instanceof AvatarError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error('it was prepared');
}

describe('prepareAvatar', () => {
  it('makes a bundle from one picture', async () => {
    const clip = join(folder, 'hi.wav');
    writeFileSync(clip, writeWav(new Int16Array(8000).fill(1000), 16_000));
    const config = avatarSchema.parse({ video_path: FACE_PICTURE, audio_clips: { hi: clip } });
    const seen: number[] = [];
    const manifest = await prepareAvatar(
      request(FACE_PICTURE, { config, onProgress: (ratio) => seen.push(ratio) }),
    );
    expect(manifest).toMatchObject({ id: 'avatar_1', width: 512, height: 512, frameCount: 1 });
    expect(manifest.clips).toEqual([{ name: 'hi', file: 'clips/hi.wav', durationMs: 500 }]);
    expect(seen.at(-1)).toBe(1);
    expect(seen).toEqual([...seen].sort((one, other) => one - other));

    const bundle = await openBundle(join(folder, 'out', 'bundle'));
    expect(bundle.manifest).toEqual(manifest);
    expect(bundle.frames.i420.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...bundle.packData]).toEqual([1, bundle.frames.i420[0], 4, 0]);
    const [x = 0, y = 0, width = 0, height = 0] = bundle.track.boxes;
    expect(width).toBeGreaterThan(100);
    expect([x > 0, y > 0, x + width < 512, y + height < 512]).toEqual([true, true, true, true]);
    const thumbnail = await sharp(bundle.thumbnail).metadata();
    expect([thumbnail.format, thumbnail.width, thumbnail.height]).toEqual(['jpeg', 320, 320]);
    // Luma of the JPEG frame stays within 1 % of the source picture's.
    const grey = await sharp(FACE_PICTURE).raw().toBuffer();
    let difference = 0;
    for (let i = 0; i < 512 * 512; i += 1) {
      const luma =
        16 +
        (0.299 * grey[i * 3]! + 0.587 * grey[i * 3 + 1]! + 0.114 * grey[i * 3 + 2]!) * (219 / 255);
      difference += Math.abs(luma - bundle.frames.i420[i]!);
    }
    expect(difference / (512 * 512)).toBeLessThan(2.19);
  });

  it('replaces an older bundle, leaves nothing else behind, and gives the same files again', async () => {
    const again = await prepareAvatar(request(FACE_PICTURE));
    const third = await prepareAvatar(request(FACE_PICTURE));
    expect(third).toEqual(again);
    expect(readdirSync(join(folder, 'out'))).toEqual(['bundle']);
    expect(Object.keys(again.files)).not.toContain('clips/hi.wav');
  });

  it('changes the key with source, clip, parameter and pack', async () => {
    const keys = new Set<string>();
    const add = async (asked: PrepareRequest): Promise<void> => {
      keys.add((await prepareAvatar(asked)).key);
    };
    const other = join(folder, 'other.png');
    await sharp(FACE_PICTURE).modulate({ brightness: 1.05 }).toFile(other);
    const clip = join(folder, 'key.wav');
    writeFileSync(clip, writeWav(new Int16Array(800).fill(1000), 16_000));
    class NewerPack extends WitnessPack {
      override readonly facts = { ...new ProbePack().facts, version: '2' as '1' };
    }
    await add(request(FACE_PICTURE));
    await add(request(other));
    await add(request(FACE_PICTURE, { service: serviceSchema.parse({ video_max_px: 400 }) }));
    await add(request(FACE_PICTURE, { pack: new NewerPack() }));
    for (const extra of [{ bbox_shift: 3 }, { audio_clips: { a: clip } }]) {
      const config = avatarSchema.parse({ video_path: FACE_PICTURE, ...extra });
      await add(request(FACE_PICTURE, { config }));
    }
    expect(keys.size).toBe(6);
    await add(
      request(FACE_PICTURE, {
        config: avatarSchema.parse({ video_path: FACE_PICTURE, name: 'N', strength: 1.2 }),
      }),
    );
    expect(keys.size).toBe(6);
  });

  it('tells the pack the settings of the avatar', async () => {
    const config = avatarSchema.parse({ video_path: FACE_PICTURE, bbox_shift: 7 });
    const outDir = join(folder, 'shifted', 'bundle');
    await prepareAvatar(request(FACE_PICTURE, { config, outDir }));
    const { packData } = await openBundle(outDir, 1e8);
    expect(packData[3]).toBe(7);
  });

  it('refuses a picture without a face', async () => {
    const path = join(folder, 'landscape.png');
    await makeLandscape(path);
    expect(await refusal(request(path))).toMatch(
      /^FACE_NOT_FOUND: avatar_1: no face in .*landscape\.png; use a picture that shows one face/,
    );
  });

  it('bridges a short gap in a folder of pictures and refuses a long one with its frames', async () => {
    const landscape = join(folder, 'gap.png');
    await makeLandscape(landscape, 512, 512);
    const make = (name: string, missing: number): string => {
      const path = join(folder, name);
      mkdirSync(path);
      for (let i = 0; i < missing + 4; i += 1) {
        const isFace = i < 2 || i >= missing + 2;
        copyFileSync(isFace ? FACE_PICTURE : landscape, join(path, `${i}.png`));
      }
      return path;
    };
    const manifest = await prepareAvatar(request(make('short', 3)));
    const { track } = await openBundle(join(folder, 'out', 'bundle'));
    expect(manifest.frameCount).toBe(7);
    expect([...track.interpolated]).toEqual([0, 0, 1, 1, 1, 0, 0]);
    expect(track.boxes[3 * 4]).toBeCloseTo(track.boxes[0]!, 0);
    expect(await refusal(request(make('long', 13)))).toMatch(
      /^FACE_NOT_FOUND: avatar_1: no face in .*long, frames 2–14; use a clip/,
    );
  });

  it('refuses clips of 0 s and clips that are missing, and stores 96 kHz stereo as mono', async () => {
    const empty = join(folder, 'empty.wav');
    writeFileSync(empty, writeWav(new Int16Array(0), 16_000));
    const withClip = (path: string): PrepareRequest =>
      request(FACE_PICTURE, {
        config: avatarSchema.parse({ video_path: FACE_PICTURE, audio_clips: { c: path } }),
      });
    expect(await refusal(withClip(empty))).toMatch(/^SOURCE_UNREADABLE: avatar_1: .*0 s/);
    expect(await refusal(withClip('data/no.wav'))).toMatch(
      /^SOURCE_MISSING: avatar_1: data\/no\.wav does not exist; correct audio_clips\.c/,
    );
    const stereo = writeWav(new Int16Array(2 * 9600).fill(5000), 96_000);
    new DataView(stereo.buffer).setUint16(22, 2, true);
    writeFileSync(empty, stereo);
    const { clips } = await prepareAvatar(withClip(empty));
    expect(clips[0]?.durationMs).toBe(100);
    const stored = parseWav(readFileSync(join(folder, 'out', 'bundle', 'clips', 'c.wav')), 'c');
    expect([stored.samples.length, stored.sampleRateHz]).toEqual([9600, 96_000]);
  });

  it('refuses frames that need more memory than is left', async () => {
    expect(await refusal(request(FACE_PICTURE, { maxFrameBytes: 300_000 }))).toMatch(
      /^SOURCE_TOO_LARGE: avatar_1: the 1 frames of .* raise service\.frame_memory_mb/,
    );
  });

  it('says so when the bundle cannot be written, and leaves no trace', async () => {
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, 'a file where the folder should be');
    expect(await refusal(request(FACE_PICTURE, { outDir: join(blocked, 'bundle') }))).toMatch(
      /^BUNDLE_NOT_WRITTEN: avatar_1: cannot write .*blocked.bundle/,
    );
  });

  it('stops between two frames when asked to, and leaves no trace', async () => {
    const pictures = join(folder, 'many');
    mkdirSync(pictures);
    for (let i = 0; i < 20; i += 1) copyFileSync(FACE_PICTURE, join(pictures, `${i}.png`));
    const stop = new AbortController();
    const seen: number[] = [];
    const onProgress = (ratio: number): void => {
      seen.push(ratio);
      if (seen.length === 3) stop.abort();
    };
    const outDir = join(folder, 'stopped', 'bundle');
    await refusal(request(pictures, { outDir, onProgress, signal: stop.signal }));
    expect(seen.length).toBe(3);
    expect(readdirSync(join(folder, 'stopped'))).toEqual([]);
  });

  it('names a clip that is a folder', async () => {
    const config = avatarSchema.parse({ video_path: FACE_PICTURE, audio_clips: { c: folder } });
    expect(await refusal(request(FACE_PICTURE, { config }))).toMatch(
      /^SOURCE_UNREADABLE: avatar_1: .* cannot be read \(EISDIR\); check that it is a file/,
    );
  });

  it('removes its files when the pack refuses the avatar', async () => {
    class PickyPack extends ProbePack {
      override prepare(): Promise<Uint8Array> {
        return Promise.reject(new AvatarError('FACE_NOT_FOUND', 'the mouth is covered'));
      }
    }
    const outDir = join(folder, 'picky', 'bundle');
    expect(await refusal(request(FACE_PICTURE, { pack: new PickyPack(), outDir }))).toBe(
      'FACE_NOT_FOUND: avatar_1: the mouth is covered',
    );
    expect(readdirSync(join(folder, 'picky'))).toEqual([]);
  });

  it.skipIf(!HAS_FFMPEG)('follows the face through a video', async () => {
    const video = join(folder, 'face.mp4');
    makeFaceVideo(video, 2);
    const manifest = await prepareAvatar(request(video));
    const { track, frames } = await openBundle(join(folder, 'out', 'bundle'));
    expect(Math.abs(manifest.frameCount - 50)).toBeLessThanOrEqual(1);
    expect(frames.i420.length).toBe((manifest.frameCount * 480 * 480 * 3) / 2);
    // The picture moves by 12·sin(2t) px to the left: the box follows it.
    const expected = (frame: number): number => -12 * Math.sin((2 * frame) / 25);
    const start = track.boxes[10 * 4]! - expected(10);
    for (let frame = 5; frame < 45; frame += 1) {
      expect(Math.abs(track.boxes[frame * 4]! - start - expected(frame))).toBeLessThan(2.5);
    }
  });

  it.skipIf(!HAS_FFMPEG)('refuses a video without a face', async () => {
    const video = join(folder, 'noise.mp4');
    const picture = join(folder, 'hill.png');
    await makeLandscape(picture);
    ffmpeg('-loop', '1', '-t', '0.8', '-i', picture, '-r', '25', '-c:v', 'mpeg4', video);
    expect(await refusal(request(video))).toMatch(
      /^FACE_NOT_FOUND: avatar_1: no face in .*noise\.mp4, frames 0–19; use a clip/,
    );
  });
});

describe('BundleWriter', () => {
  it.skipIf(process.platform !== 'linux')('reports a disk that is really full', async () => {
    const writer = await BundleWriter.create(join(folder, 'full', 'bundle'));
    symlinkSync('/dev/full', join(writer.directory, 'boxes.bin'));
    await expect(writer.write('boxes.bin', Uint8Array.of(1))).rejects.toThrow(
      /cannot write .*: the disk is full; free some space/,
    );
    await writer.discard();
    expect(readdirSync(join(folder, 'full'))).toEqual([]);
  });
});
