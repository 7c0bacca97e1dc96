import { mkdirSync, readFileSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  FACE_PICTURE,
  ffmpeg,
  HAS_FFMPEG,
  makeFaceVideo,
  temporaryFolder,
} from '../../test/avatar-fixtures.ts';
import { AvatarError } from '../errors.ts';
import { openSource, type AvatarSource } from './avatar-source.ts';

const folder = temporaryFolder();
const LIMITS = { maxPx: 512, maxSeconds: 4 };

async function readAll(source: AvatarSource): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = [];
  for await (const frame of source.frames()) frames.push(frame.slice());
  return frames;
}

/** Code and message of the refusal when a source is opened and read. */
async function refusal(
  path: string,
  programs?: { ffmpeg: string; ffprobe: string },
): Promise<string> {
  try {
    await readAll(await openSource(path, LIMITS, programs));
  } catch (thrown) {
    if (thrown instanceof AvatarError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
  throw new Error(`${path} was accepted`);
}

const picture = async (name: string, width: number, height: number): Promise<string> => {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  const create = { width, height, channels: 3, background: '#407080' } as const;
  await sharp({ create }).toFile(path);
  return path;
};

describe('pictures', () => {
  it('gives one frame for one picture, unchanged when it already has the size', async () => {
    const source = await openSource(FACE_PICTURE, LIMITS);
    expect(source.size).toEqual({ width: 512, height: 512 });
    const [frame, ...rest] = await readAll(source);
    expect(rest).toEqual([]);
    const expected = await sharp(FACE_PICTURE).raw().toBuffer();
    expect(Buffer.compare(frame!, expected)).toBe(0);
  });

  it('applies EXIF orientation, lays transparency on grey, makes grey pictures RGB', async () => {
    const turned = join(folder, 'turned.jpg');
    const create = { width: 400, height: 300, channels: 3, background: '#ff0000' } as const;
    await sharp({ create }).jpeg().withMetadata({ orientation: 6 }).toFile(turned);
    expect((await openSource(turned, LIMITS)).size).toEqual({ width: 300, height: 400 });
    const clear = join(folder, 'clear.png');
    const none = { width: 300, height: 300, channels: 4, background: '#00000000' } as const;
    await sharp({ create: none }).png().toFile(clear);
    const [frame] = await readAll(await openSource(clear, LIMITS));
    expect([...frame!.slice(0, 3)]).toEqual([220, 220, 220]);
    const grey = join(folder, 'grey.png');
    await sharp({ create }).greyscale().toColourspace('b-w').png().toFile(grey);
    const [greyFrame] = await readAll(await openSource(grey, LIMITS));
    expect(greyFrame!.length).toBe(400 * 300 * 3);
  });

  it('reads a folder in the order of its numbers and ignores other files', async () => {
    for (const [name, width] of [
      ['f10.png', 256],
      ['f2.png', 256],
      ['f1.jpg', 256],
    ] as const) {
      await picture(`numbers/${name}`, width, 256);
    }
    await sharp({ create: { width: 256, height: 256, channels: 3, background: '#ffffff' } }).toFile(
      join(folder, 'numbers/f2.png'),
    );
    writeFileSync(join(folder, 'numbers/notes.txt'), 'x');
    writeFileSync(join(folder, 'numbers/.hidden.png'), 'x');
    const frames = await readAll(await openSource(join(folder, 'numbers'), LIMITS));
    expect(frames.map((frame) => frame[0] === 255)).toEqual([false, true, false]);
  });

  it('refuses a folder with mixed sizes, naming both pictures', async () => {
    await picture('mixed/0.png', 300, 300);
    await picture('mixed/1.png', 320, 300);
    expect(await refusal(join(folder, 'mixed'))).toMatch(
      /^SOURCE_UNREADABLE: .*1\.png is 320×300 px, but .*0\.png is 300×300; all pictures/,
    );
  });

  it('refuses an empty folder and one that is too long', async () => {
    mkdirSync(join(folder, 'empty'));
    expect(await refusal(join(folder, 'empty'))).toMatch(/^SOURCE_UNREADABLE: .*holds no pictures/);
    mkdirSync(join(folder, 'long'));
    for (let i = 0; i < 101; i += 1) writeFileSync(join(folder, 'long', `${i}.png`), '');
    expect(await refusal(join(folder, 'long'))).toMatch(
      /^SOURCE_TOO_LARGE: .*101 pictures \(4\.0 s/,
    );
  });

  it('refuses a 1×1 picture and one of 12,000 px', async () => {
    expect(await refusal(await picture('one.png', 1, 1))).toMatch(/^SOURCE_UNREADABLE: .*1×1 px/);
    const wide = await picture('wide.png', 12_000, 400);
    expect(await refusal(wide)).toMatch(/^SOURCE_TOO_LARGE: .*12000×400 px.*scale it down/);
  });

  it('refuses damaged pictures, and other files named like one', async () => {
    const cut = join(folder, 'cut.png');
    writeFileSync(cut, readFileSync(FACE_PICTURE).subarray(0, 30_000));
    expect(await refusal(cut)).toMatch(
      /^SOURCE_UNREADABLE: .*cut\.png cannot be read as a picture/,
    );
    writeFileSync(join(folder, 'text.jpg'), 'hello');
    expect(await refusal(join(folder, 'text.jpg'))).toMatch(/^SOURCE_UNREADABLE: /);
  });

  it('names a source that is not there', async () => {
    expect(await refusal('data/no.mp4')).toMatch(/^SOURCE_MISSING: data\/no\.mp4 does not exist/);
  });
});

describe('a machine without ffmpeg', () => {
  it('gets the line that installs it', async () => {
    const path = join(folder, 'some.mp4');
    writeFileSync(path, 'x');
    const programs = { ffmpeg: 'no-such-ffmpeg', ffprobe: 'no-such-ffprobe' };
    expect(await refusal(path, programs)).toMatch(
      /^DEPENDENCY_MISSING: no-such-ffprobe is needed to read .*some\.mp4 and is not installed; install it with/,
    );
    if (!HAS_FFMPEG) return;
    makeFaceVideo(path, 1);
    expect(await refusal(path, { ...programs, ffprobe: 'ffprobe' })).toMatch(
      /^DEPENDENCY_MISSING: no-such-ffmpeg/,
    );
  });
});

describe.skipIf(!HAS_FFMPEG)('videos', () => {
  const video = join(folder, 'face.mp4');

  it.each([12, 25, 30, 60])('reads a clip of %i fps as 25 fps', async (fps) => {
    makeFaceVideo(video, 2, fps);
    const source = await openSource(video, LIMITS);
    expect(source.size).toEqual({ width: 480, height: 480 });
    const frames = await readAll(source);
    expect(Math.abs(frames.length - 50)).toBeLessThanOrEqual(1);
    expect(frames.every((frame) => frame.length === 480 * 480 * 3)).toBe(true);
  });

  it('decodes the same bytes every time, close to the picture it was made from', async () => {
    makeFaceVideo(video, 0.4, 25);
    const [first, again] = [
      await readAll(await openSource(video, LIMITS)),
      await readAll(await openSource(video, LIMITS)),
    ];
    expect(first.map((frame) => Buffer.compare(frame, again[0]!))[0]).toBe(0);
    const original = await sharp(FACE_PICTURE)
      .extract({ left: 16, top: 24, width: 480, height: 480 })
      .raw()
      .toBuffer();
    const difference = original.reduce((sum, value, i) => sum + Math.abs(value - first[0]![i]!), 0);
    expect(difference / original.length).toBeLessThan(4);
  });

  it('heeds rotation and pixel aspect', async () => {
    const wide = join(folder, 'sar.mp4');
    ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'testsrc=s=480x480:d=0.4:r=25',
      '-vf',
      'setsar=4/3',
      '-c:v',
      'mpeg4',
      wide,
    );
    expect((await openSource(wide, LIMITS)).size).toEqual({ width: 512, height: 384 });
    const plain = join(folder, 'plain.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=480x320:d=0.4:r=25', '-c:v', 'mpeg4', plain);
    // A quarter turn in the display matrix of the track header, 44 bytes behind its name.
    const bytes = readFileSync(plain);
    const matrix = bytes.indexOf('tkhd') + 44;
    [0, 0x10000, 0, -0x10000, 0].forEach((value, i) => bytes.writeInt32BE(value, matrix + i * 4));
    const turned = join(folder, 'turned.mp4');
    writeFileSync(turned, bytes);
    const source = await openSource(turned, LIMITS);
    expect(source.size).toEqual({ width: 320, height: 480 });
    expect((await readAll(source)).length).toBe(10);
  });

  it('refuses a clip that is too long, with the command that cuts it', async () => {
    ffmpeg('-f', 'lavfi', '-i', 'color=s=256x256:d=5:r=25', '-c:v', 'mpeg4', video);
    expect(await refusal(video)).toMatch(
      /^SOURCE_TOO_LARGE: .*5\.0 s long, at most 4 s .*ffmpeg -i .* -t 4/,
    );
  });

  it('refuses a truncated mp4, whether its index is at the front or lost', async () => {
    const cut = join(folder, 'cut.mp4');
    makeFaceVideo(cut, 3);
    truncateSync(cut, Math.round(statSync(cut).size * 0.4));
    expect(await refusal(cut)).toMatch(
      /^SOURCE_UNREADABLE: .*cut\.mp4 is damaged or truncated: \d+ of about 75 frames can be decoded/,
    );
    const lost = join(folder, 'lost.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=s=320x320:d=2:r=25', '-c:v', 'mpeg4', lost);
    truncateSync(lost, Math.round(statSync(lost).size * 0.5));
    expect(await refusal(lost)).toMatch(/^SOURCE_UNREADABLE: .*lost\.mp4 cannot be decoded: /);
  });

  it('refuses files without video', async () => {
    const sound = join(folder, 'sound.mp4');
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'aac', sound);
    expect(await refusal(sound)).toMatch(/^SOURCE_UNREADABLE: .*it has no video track/);
    const text = join(folder, 'text.mp4');
    writeFileSync(text, 'not a video');
    expect(await refusal(text)).toMatch(/^SOURCE_UNREADABLE: /);
  });

  it('does not follow a playlist to the network', async () => {
    const list = join(folder, 'list.m3u8');
    writeFileSync(
      list,
      '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n',
    );
    expect(await refusal(list)).toMatch(/^SOURCE_UNREADABLE: /);
  });

  it('reads names that look like options', async () => {
    const odd = join(folder, '-i http:odd;name.mp4');
    makeFaceVideo(video, 0.4);
    ffmpeg('-i', video, '-c', 'copy', `file:${odd}`);
    expect((await readAll(await openSource(odd, LIMITS))).length).toBeGreaterThan(8);
  });

  it.skipIf(process.platform === 'win32')('stops ffmpeg when the reader stops', async () => {
    makeFaceVideo(video, 3);
    const noted = join(folder, 'pid');
    const program = join(folder, 'ffmpeg-noting-its-pid');
    writeFileSync(program, `#!/bin/sh\necho $$ > '${noted}'\nexec ffmpeg "$@"\n`, { mode: 0o755 });
    const source = await openSource(video, LIMITS, { ffmpeg: program, ffprobe: 'ffprobe' });
    for await (const frame of source.frames()) {
      expect(frame.length).toBe(480 * 480 * 3);
      break;
    }
    const pid = Number(readFileSync(noted, 'utf8'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
