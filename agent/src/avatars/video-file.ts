/**
 * Decodes a video through ffmpeg as a child process: raw RGB frames over a pipe, 25 fps, no temporary files, no
 * shell, local files only.
 */
import { execFile, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';
import { FRAME_RATE_FPS } from '../pipeline/timeline.ts';
import type { AvatarSource, SourceLimits } from './avatar-source.ts';
import { outputSize, type Size } from './output-size.ts';

/** Names or paths of the two programs; tests replace them. */
export type VideoPrograms = { readonly ffmpeg: string; readonly ffprobe: string };

const DEFAULT_PROGRAMS: VideoPrograms = { ffmpeg: 'ffmpeg', ffprobe: 'ffprobe' };
/** Playlists must not make ffmpeg open network addresses. */
const LOCAL_FILES_ONLY = ['-protocol_whitelist', 'file,pipe'];
/** Frames that may be missing at the end before a file counts as truncated: timestamps are often a little off. */
const MISSING_FRAMES_ALLOWED = 12;
const MAX_STDERR_CHARS = 2000;

const probeSchema = z.object({
  streams: z.array(
    z.object({
      width: z.int(),
      height: z.int(),
      sample_aspect_ratio: z.string().optional(),
      duration: z.coerce.number().optional(),
      side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
    }),
  ),
  format: z.object({ duration: z.coerce.number().optional() }),
});

/**
 * Open a video.
 * @throws AvatarError DEPENDENCY_MISSING | SOURCE_UNREADABLE | SOURCE_TOO_LARGE; `frames()` throws them as well
 */
export async function openVideo(
  path: string,
  { maxPx, maxSeconds }: SourceLimits,
  programs: VideoPrograms = DEFAULT_PROGRAMS,
): Promise<AvatarSource> {
  const { size: sourceSize, durationS } = await probe(path, programs.ffprobe);
  const size = outputSize(sourceSize, maxPx, path);
  // One frame of tolerance: a clip cut to exactly the limit often states a little more.
  if (durationS !== undefined && durationS > maxSeconds + 0.1)
    throw tooLong(path, durationS, maxSeconds);
  const expectedFrameCount = Math.max(1, Math.round((durationS ?? 1) * FRAME_RATE_FPS));
  async function* frames(): AsyncGenerator<Uint8Array> {
    let count = 0;
    for await (const frame of decode(path, size, maxSeconds + 1, programs.ffmpeg)) {
      count += 1;
      if (count > (maxSeconds + 0.2) * FRAME_RATE_FPS) throw tooLong(path, undefined, maxSeconds);
      yield frame;
    }
    const isShort = durationS !== undefined && count < expectedFrameCount - MISSING_FRAMES_ALLOWED;
    if (count === 0 || isShort) {
      throw new AvatarError(
        'SOURCE_UNREADABLE',
        `${path} is damaged or truncated: ${count} of about ${expectedFrameCount} frames can be decoded; copy or export it again`,
      );
    }
  }
  return { size, expectedFrameCount, frames };
}

async function probe(
  path: string,
  ffprobe: string,
): Promise<{ size: Size; durationS: number | undefined }> {
  const entries =
    'stream=width,height,sample_aspect_ratio,duration:stream_side_data=rotation:format=duration';
  const file = `file:${resolve(path)}`;
  const rules = ['-v', 'error', '-select_streams', 'V:0', '-show_entries', entries, '-of', 'json'];
  let output: string;
  try {
    const result = await promisify(execFile)(ffprobe, [...LOCAL_FILES_ONLY, ...rules, file], {
      timeout: 60_000,
      maxBuffer: 1024 * 1024,
    });
    output = result.stdout;
  } catch (cause) {
    const { code, stderr } = cause as { code?: unknown; stderr?: string };
    if (code === 'ENOENT') throw missingProgram(ffprobe, path);
    throw unreadable(path, stderr ?? String(cause));
  }
  const parsed = probeSchema.safeParse(JSON.parse(output));
  const stream = parsed.data?.streams[0];
  if (!stream) throw unreadable(path, 'it has no video track');
  const [across = 1, down = 1] = (stream.sample_aspect_ratio ?? '1:1').split(':').map(Number);
  const stretch = across > 0 && down > 0 ? across / down : 1;
  const upright = { width: Math.round(stream.width * stretch), height: stream.height };
  const rotation = stream.side_data_list?.find((entry) => entry.rotation !== undefined)?.rotation;
  const isTurned = Math.abs(rotation ?? 0) % 180 === 90;
  return {
    size: isTurned ? { width: upright.height, height: upright.width } : upright,
    durationS: stream.duration ?? parsed.data?.format.duration,
  };
}

/** Frames as ffmpeg writes them; the yielded buffer is reused. */
async function* decode(
  path: string,
  { width, height }: Size,
  maxSeconds: number,
  ffmpeg: string,
): AsyncGenerator<Uint8Array> {
  const scale = `scale=${width}:${height}:flags=area+accurate_rnd+full_chroma_int`;
  const input = ['-v', 'error', '-nostdin', ...LOCAL_FILES_ONLY, '-i', `file:${resolve(path)}`];
  const filter = [
    '-map',
    '0:V:0',
    '-t',
    String(maxSeconds),
    '-vf',
    `fps=${FRAME_RATE_FPS},${scale}`,
  ];
  const output = ['-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'];
  const child = spawn(ffmpeg, [...input, ...filter, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR_CHARS) stderr += text;
  });
  const ended = new Promise<{ code: number | null; error?: Error }>((settle) => {
    child.once('error', (error) => settle({ code: null, error }));
    child.once('close', (code) => settle({ code }));
  });
  const frame = new Uint8Array(width * height * 3);
  let filled = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length;) {
        const taken = Math.min(frame.length - filled, chunk.length - at);
        frame.set(chunk.subarray(at, at + taken), filled);
        at += taken;
        filled += taken;
        if (filled < frame.length) continue;
        filled = 0;
        yield frame;
      }
    }
    const { code, error } = await ended;
    if (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      throw isMissing ? missingProgram(ffmpeg, path) : unreadable(path, error.message);
    }
    if (code !== 0) throw unreadable(path, stderr);
  } finally {
    child.kill('SIGKILL');
  }
}

function unreadable(path: string, reason: string): AvatarError {
  const firstLine = reason.trim().split('\n')[0] ?? '';
  const shown = firstLine.replaceAll(`file:${resolve(path)}: `, '').slice(0, 300);
  return new AvatarError(
    'SOURCE_UNREADABLE',
    `${path} cannot be decoded: ${shown || 'ffmpeg gave no reason'}; check that it plays, or export it again as MP4`,
  );
}

function tooLong(path: string, durationS: number | undefined, maxSeconds: number): AvatarError {
  const shown = durationS === undefined ? 'longer' : `${durationS.toFixed(1)} s long`;
  return new AvatarError(
    'SOURCE_TOO_LARGE',
    `${path} is ${shown}, at most ${maxSeconds} s are used; cut it (\`ffmpeg -i ${path} -t ${maxSeconds} cut.mp4\`) or raise service.source_max_s`,
  );
}

const INSTALL_LINES: Partial<Record<NodeJS.Platform, string>> = {
  linux:
    '`sudo apt-get install ffmpeg` (Debian, Ubuntu) or `sudo dnf install ffmpeg-free` (Fedora)',
  darwin: '`brew install ffmpeg`',
  win32: '`winget install Gyan.FFmpeg`',
};

function missingProgram(program: string, path: string): AvatarError {
  const install = INSTALL_LINES[process.platform] ?? 'see https://ffmpeg.org/download.html';
  return new AvatarError(
    'DEPENDENCY_MISSING',
    `${program} is needed to read ${path} and is not installed; install it with ${install}, or use a picture`,
  );
}
