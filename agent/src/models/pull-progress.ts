/** Progress of a download for people: a line that redraws itself on a terminal, one line per tenth in a log. */
import { showBytes } from './download-space.ts';

/** Where lines go. */
export type ProgressOutput = { readonly isTTY?: boolean; write(text: string): unknown };

const REDRAW_MS = 200;
/** The rate is that of the last seconds, so that a resumed file does not show a fantastic one. */
const RATE_WINDOW_MS = 5000;

/** Progress of one file. */
export class PullProgress {
  readonly #label: string;
  readonly #output: ProgressOutput;
  readonly #now: () => number;
  readonly #samples: { atMs: number; bytes: number }[] = [];
  #drawnMs = Number.NEGATIVE_INFINITY;
  #drawnTenths = -1;
  #hasLine = false;

  constructor(label: string, output: ProgressOutput, now = (): number => performance.now()) {
    this.#label = label;
    this.#output = output;
    this.#now = now;
  }

  /** Bytes there so far, of `totalBytes` when it is known. */
  update(bytes: number, totalBytes: number | undefined): void {
    const atMs = this.#now();
    if (this.#samples.length > 0 && bytes < this.#samples.at(-1)!.bytes) this.#samples.length = 0;
    const ratio = totalBytes ? bytes / totalBytes : 0;
    const tenths = Math.floor(ratio * 10);
    const isDue = this.#output.isTTY
      ? atMs - this.#drawnMs >= REDRAW_MS || ratio === 1
      : tenths > this.#drawnTenths;
    if (!isDue) return;
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && atMs - this.#samples[0]!.atMs > RATE_WINDOW_MS)
      this.#samples.shift();
    this.#drawnMs = atMs;
    this.#drawnTenths = tenths;
    this.#draw(bytes, totalBytes, ratio);
  }

  /** A remark between two progress lines. */
  remark(text: string): void {
    this.end();
    this.#output.write(`${this.#label}: ${text}\n`);
  }

  /** Leave the line as it is. */
  end(): void {
    if (this.#hasLine) this.#output.write('\n');
    this.#hasLine = false;
  }

  #draw(bytes: number, totalBytes: number | undefined, ratio: number): void {
    const first = this.#samples[0]!;
    const seconds = (this.#drawnMs - first.atMs) / 1000;
    const rate = seconds > 0 ? (bytes - first.bytes) / seconds : 0;
    const parts = [
      totalBytes
        ? `${showBytes(bytes)} of ${showBytes(totalBytes)} ${String(Math.floor(ratio * 100)).padStart(3)} %`
        : showBytes(bytes),
    ];
    if (rate > 0) parts.push(`${showBytes(Math.round(rate))}/s`);
    if (rate > 0 && totalBytes && bytes < totalBytes)
      parts.push(`${showSeconds((totalBytes - bytes) / rate)} left`);
    const line = `${this.#label}  ${parts.join('  ')}`;
    if (this.#output.isTTY) {
      // \x1b[K clears what a longer line left.
      this.#output.write(`\r${line}\x1b[K`);
      this.#hasLine = true;
    } else {
      this.#output.write(`${line}\n`);
    }
  }
}

/** `45 s`, `12 min`, `3 h 05 min`. */
function showSeconds(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
