/**
 * Fetches one file over HTTP so that it is either whole or not there: bytes gather in `FILE.part`, broken connections are
 * continued where they broke (also by a later run), and only a file of the right size and hash gets its name.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AvatarError } from '../errors.ts';
import { attemptDownload, BrokenTransfer, etagPath } from './download-attempt.ts';
import { diskError } from './download-space.ts';
import { sizeOf } from './pull-check.ts';
import { sha256Of } from './verify-pack.ts';

/** How patient a download is. */
export type DownloadTiming = {
  /** Requests in a row without a megabyte of progress before it gives up. */
  readonly attempts: number;
  /** No byte for so long counts as a broken connection, ms. */
  readonly stallMs: number;
  /** Pause after the first failure, doubled after each further one up to `maxPauseMs`, ms. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
};

export const DEFAULT_TIMING: DownloadTiming = {
  attempts: 6,
  stallMs: 30_000,
  pauseMs: 1000,
  maxPauseMs: 30_000,
};

/** One file to fetch. */
export type Download = {
  readonly url: string;
  readonly target: string;
  /** Expected size; null: whatever the server says. */
  readonly bytes: number | null;
  /** Expected hash; null: taken as it comes, the caller records it. */
  readonly sha256: string | null;
  readonly signal: AbortSignal;
  readonly timing?: DownloadTiming;
  readonly onProgress?: (receivedBytes: number, totalBytes: number | undefined) => void;
  /** A failure that is tried again, for people to read. */
  readonly onRetry?: (reason: string, pauseMs: number) => void;
};

/** As much progress makes a server worth more patience. */
const PROGRESS_BYTES = 1_000_000;

/** Where the bytes of an unfinished download of `target` are. */
export const partPath = (target: string): string => `${target}.part`;

/**
 * Fetch to `target`, over whatever is there. @returns size and hash
 * @throws AvatarError MODEL_FETCH_FAILED (server, connection, disk; the part stays) | MODEL_PACK_CORRUPT (wrong bytes; the
 * part is removed), or the signal's reason when it was stopped
 */
export async function downloadFile(
  download: Download,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const { url, target, sha256: expected } = download;
  const part = partPath(target);
  await mkdir(dirname(target), { recursive: true }).catch((thrown: unknown) => {
    throw diskError(thrown, dirname(target)) ?? thrown;
  });
  const wasThere = ((await sizeOf(part)) ?? 0) > 0;
  await fetchAll(download, part);
  let sha256 = await sha256Of(part);
  if (wasThere && expected !== null && sha256 !== expected) {
    // The beginning came from an earlier run and may be of another file: once more, from the first byte.
    await rm(part);
    await fetchAll(download, part);
    sha256 = await sha256Of(part);
  }
  const bytes = (await sizeOf(part)) ?? 0;
  await rm(etagPath(part), { force: true });
  if (expected !== null && sha256 !== expected) {
    await rm(part, { force: true });
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${basename(target)} from ${url} has the sha256 ${sha256} instead of ${expected}; it was removed. Try again, or name another source with --mirror`,
    );
  }
  await rename(part, target);
  return { bytes, sha256 };
}

async function fetchAll(download: Download, part: string): Promise<void> {
  const timing = download.timing ?? DEFAULT_TIMING;
  const { url, bytes, signal } = download;
  let failures = 0;
  let furthest = (await sizeOf(part)) ?? 0;
  for (;;) {
    try {
      await attemptDownload({
        url,
        part,
        bytes,
        pinned: download.sha256 !== null,
        stallMs: timing.stallMs,
        signal,
        onProgress: download.onProgress ?? (() => undefined),
      });
      return;
    } catch (thrown) {
      if (!(thrown instanceof BrokenTransfer)) throw thrown;
      const reached = (await sizeOf(part)) ?? 0;
      if (reached >= furthest + PROGRESS_BYTES) {
        failures = 0;
        furthest = reached;
      }
      failures++;
      if (failures >= timing.attempts) {
        throw new AvatarError(
          'MODEL_FETCH_FAILED',
          `${url}: ${thrown.message} (${failures} attempts); check the connection and run the same command again, it goes on where it stopped, or name another source with --mirror`,
          { cause: thrown },
        );
      }
      const backoffMs = Math.min(timing.pauseMs * 2 ** (failures - 1), timing.maxPauseMs);
      const pauseMs = Math.min(Math.max(thrown.retryAfterMs ?? 0, backoffMs), timing.maxPauseMs);
      download.onRetry?.(thrown.message, pauseMs);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}
