/** Writes I420 frames and a sound file to an MP4 through an ffmpeg child process; no temporary files. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { AvatarError } from '../errors.ts';
import { FRAME_RATE_FPS } from '../pipeline/timeline.ts';

/** What an MP4 is made of. */
export type Mp4Options = {
  readonly path: string;
  readonly width: number;
  readonly height: number;
  /** Sound file that goes in as it is; the video starts with it. */
  readonly audioPath: string;
};

const STDERR_KEPT = 2000;

/** See the head of this file. */
export class Mp4Writer {
  readonly #child: ChildProcess;
  readonly #input: Writable;
  readonly #ended: Promise<void>;

  /** Starts ffmpeg; it fails at the first `write` or at `finish`. */
  constructor({ path, width, height, audioPath }: Mp4Options) {
    const video = ['-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${width}x${height}`];
    const timing = ['-framerate', String(FRAME_RATE_FPS), '-i', 'pipe:0', '-i', audioPath];
    const colour = ['-colorspace', 'smpte170m', '-color_primaries', 'smpte170m'];
    const encoding = ['-c:v', 'libx264', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];
    const output = ['-color_trc', 'smpte170m', '-color_range', 'tv', '-movflags', '+faststart'];
    const quiet = ['-hide_banner', '-loglevel', 'error', '-nostats', '-y'];
    this.#child = spawn(
      'ffmpeg',
      [...quiet, ...video, ...timing, ...encoding, ...colour, ...output, path],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    const { stdin, stderr } = this.#child;
    if (stdin === null || stderr === null) throw new Error('ffmpeg was started without pipes');
    this.#input = stdin;
    let said = '';
    stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (said = (said + text).slice(-STDERR_KEPT)));
    stdin.on('error', () => undefined); // a closed pipe: the exit of ffmpeg says why
    this.#ended = this.#watch(path, () => said);
    this.#ended.catch(() => undefined); // reported by the next write or by finish
  }

  /** Add a frame; the caller may reuse it after the call. @throws AvatarError DEPENDENCY_MISSING | SOURCE_UNREADABLE */
  async write(planes: Uint8Array): Promise<void> {
    if (this.#input.write(Buffer.from(planes))) return;
    await Promise.race([once(this.#input, 'drain'), this.#ended]);
  }

  /** Wait for the file. @throws AvatarError DEPENDENCY_MISSING | SOURCE_UNREADABLE */
  async finish(): Promise<void> {
    this.#input.end();
    await this.#ended;
  }

  /** Give up; the file is incomplete. */
  abort(): void {
    this.#child.kill('SIGKILL');
  }

  #watch(path: string, said: () => string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.once('error', (cause: NodeJS.ErrnoException) => {
        const message =
          cause.code === 'ENOENT'
            ? 'ffmpeg is not installed; install it (e.g. `sudo apt-get install ffmpeg`) or leave --out away'
            : `ffmpeg cannot be started: ${cause.message}`;
        reject(new AvatarError('DEPENDENCY_MISSING', message, { cause }));
      });
      this.#child.once('close', (code) => {
        if (code === 0) resolve();
        else {
          const reason = said().trim() || `exit code ${String(code)}`;
          reject(new AvatarError('SOURCE_UNREADABLE', `ffmpeg cannot write ${path}: ${reason}`));
        }
      });
    });
  }
}
