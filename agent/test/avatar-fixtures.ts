/** Sources for tests of avatar preparation, made on the spot from the shipped avatar's picture. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
/** A rendered face, 512 px square. */
export const FACE_PICTURE = join(ROOT, 'avatars/ava/source.png');
export const MODELS_DIR = join(ROOT, 'models');

/** A folder that is removed after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'avatar-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Whether ffmpeg can be started; tests of videos are skipped without it, and say so. */
export const HAS_FFMPEG = spawnSync('ffmpeg', ['-version']).error === undefined;
if (!HAS_FFMPEG)
  process.stderr.write('SKIPPED: tests that decode videos, because ffmpeg is not installed\n');

/** Run ffmpeg with these arguments after the usual quiet ones. */
export function ffmpeg(...args: string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...args]);
}

/** A video in which the face slowly moves. @param inputFps source rate, to check the conversion to 25 fps */
export function makeFaceVideo(path: string, seconds: number, inputFps = 30): void {
  const motion = `crop=480:480:16+12*sin(t*2):16+8*cos(t*3)`;
  const codec = ['-c:v', 'mpeg4', '-q:v', '3', '-pix_fmt', 'yuv420p', '-movflags', '+faststart'];
  ffmpeg(
    ...['-loop', '1', '-framerate', String(inputFps), '-t', String(seconds), '-i', FACE_PICTURE],
    ...['-vf', motion, ...codec, path],
  );
}

/** A picture without a face: a soft landscape with noise. */
export async function makeLandscape(path: string, width = 512, height = 384): Promise<void> {
  const rgb = new Uint8Array(width * height * 3);
  let seed = 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      const noise = (seed % 17) - 8;
      const isHill = y > height * (0.6 + 0.1 * Math.sin(x / 60));
      const colour = isHill ? [70, 120, 60] : [120, 160, 220 - (y * 60) / height];
      rgb.set(
        colour.map((value) => value + noise),
        (y * width + x) * 3,
      );
    }
  }
  await sharp(rgb, { raw: { width, height, channels: 3 } }).toFile(path);
}
