/**
 * One HTTP request that begins or continues a `.part` file. Ends when all bytes are there; whatever stops it leaves the
 * bytes so far, for the next attempt.
 */
import { createWriteStream } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AvatarError } from '../errors.ts';
import { assertFreeSpace, diskError, showBytes } from './download-space.ts';
import { sizeOf } from './pull-check.ts';

/** What to fetch, and where to put it. */
export type Attempt = {
  readonly url: string;
  /** The `.part` file. */
  readonly part: string;
  /** Expected size; null: whatever the server says. */
  readonly bytes: number | null;
  /** The content is fixed by a hash: a continued file needs no proof that it is still the same one. */
  readonly pinned: boolean;
  /** No byte for so long counts as a broken connection, ms. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (receivedBytes: number, totalBytes: number | undefined) => void;
};

/** The request failed in a way that another one may not. */
export class BrokenTransfer extends Error {
  override readonly name = 'BrokenTransfer';
  /** What the server asked to wait, ms. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options?: ErrorOptions & { retryAfterMs?: number | undefined }) {
    super(message, options);
    this.retryAfterMs = options?.retryAfterMs;
  }
}

/** The server's own mark of the version that a `.part` file belongs to. */
export const etagPath = (part: string): string => `${part}.etag`;

/**
 * Run one request.
 * @throws BrokenTransfer when it is worth another try
 * @throws AvatarError MODEL_FETCH_FAILED when it is not
 */
export async function attemptDownload(attempt: Attempt): Promise<void> {
  const { url, part, bytes, signal } = attempt;
  let have = (await sizeOf(part)) ?? 0;
  if (bytes !== null && have > bytes) {
    await rm(part);
    have = 0;
  }
  if (bytes !== null && have === bytes) return;

  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), attempt.stallMs);
  try {
    const response = await fetch(url, {
      headers: await rangeHeaders(attempt, have),
      signal: AbortSignal.any([signal, stall.signal]),
    });
    timer.refresh();
    const offset = await readStatus(response, attempt, have);
    if (offset === 'complete') return;
    const total = totalOf(response, offset);
    await checkTotal(attempt, total, offset);
    if (!attempt.pinned) await keepEtag(part, response.headers.get('etag'));
    await receive(response, attempt, offset, total, () => timer.refresh());
  } catch (thrown) {
    if (thrown instanceof AvatarError || thrown instanceof BrokenTransfer || signal.aborted)
      throw thrown;
    const onDisk = diskError(thrown, part);
    if (onDisk) throw onDisk;
    const reason = stall.signal.aborted
      ? `no data for ${attempt.stallMs / 1000} s`
      : reasonOf(thrown);
    throw new BrokenTransfer(reason, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

async function rangeHeaders(attempt: Attempt, have: number): Promise<Record<string, string>> {
  // Ranges count the bytes that travel: a compressed transfer could not be continued.
  const headers = { 'accept-encoding': 'identity' };
  if (have === 0) return headers;
  const range = `bytes=${have}-`;
  if (attempt.pinned) return { ...headers, range };
  const etag = await readFile(etagPath(attempt.part), 'utf8').catch(() => '');
  return etag === '' ? headers : { ...headers, range, 'if-range': etag };
}

/** Where the bytes of this response go, or `complete` when there are none left to send. */
async function readStatus(
  response: Response,
  attempt: Attempt,
  have: number,
): Promise<number | 'complete'> {
  const { status, headers } = response;
  if (status === 200) return 0;
  if (status === 206) {
    const start = /^bytes (\d+)-/.exec(headers.get('content-range') ?? '')?.[1];
    if (start !== undefined && Number(start) === have) return have;
  }
  await response.body?.cancel();
  if (status === 206 || status === 416) {
    const length = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
    if (status === 416 && attempt.bytes === null && Number(length) === have) return 'complete';
    await rm(attempt.part, { force: true });
    throw new BrokenTransfer(`the server cannot continue at byte ${have}; starting anew`);
  }
  const what = `HTTP ${status} ${response.statusText}`.trim();
  if ([408, 425, 429].includes(status) || status >= 500) {
    const seconds = Number(headers.get('retry-after') ?? Number.NaN);
    throw new BrokenTransfer(what, {
      retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined,
    });
  }
  throw new AvatarError(
    'MODEL_FETCH_FAILED',
    `${attempt.url} answers ${what}; name another source with --mirror, or fetch the file by other means and use --from`,
  );
}

/** Size of the whole file as the server states it. */
function totalOf(response: Response, offset: number): number | undefined {
  const stated = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (offset > 0 && stated !== undefined) return Number(stated);
  const length = response.headers.get('content-length');
  return length === null || response.headers.has('content-encoding')
    ? undefined
    : offset + Number(length);
}

async function checkTotal(
  { url, part, bytes }: Attempt,
  total: number | undefined,
  offset: number,
): Promise<void> {
  if (bytes !== null && total !== undefined && total !== bytes) {
    throw new AvatarError(
      'MODEL_FETCH_FAILED',
      `${url} offers ${total} bytes instead of ${bytes}: not the published file; name another source with --mirror`,
    );
  }
  const size = bytes ?? total;
  if (size !== undefined) await assertFreeSpace(dirname(part), size - offset);
}

async function keepEtag(part: string, etag: string | null): Promise<void> {
  // A weak mark vouches for the meaning, not for the bytes: nothing can be continued by it.
  if (etag === null || etag.startsWith('W/')) await rm(etagPath(part), { force: true });
  else await writeFile(etagPath(part), etag);
}

async function receive(
  response: Response,
  { part, bytes, signal, onProgress }: Attempt,
  offset: number,
  total: number | undefined,
  onData: () => void,
): Promise<void> {
  if (!response.body) throw new BrokenTransfer('the server sent no body');
  const limit = bytes ?? total;
  let received = offset;
  onProgress(received, limit);
  await pipeline(
    // The same class twice: fetch's type comes from another library file than the stream's.
    Readable.fromWeb(response.body as ReadableStream<Uint8Array>),
    async function* watch(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        onData();
        received += chunk.length;
        if (limit !== undefined && received > limit)
          throw new BrokenTransfer(`the server sends more than ${showBytes(limit)}`);
        onProgress(received, limit);
        yield chunk;
      }
    },
    createWriteStream(part, offset === 0 ? { flags: 'w' } : { flags: 'r+', start: offset }),
    { signal },
  );
  if (limit !== undefined && received < limit)
    throw new BrokenTransfer(`the connection ended after ${received} of ${limit} bytes`);
}

/** fetch hides the reason in `cause`. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause } = thrown;
  return cause instanceof Error ? cause.message || reasonOf(cause.cause) : thrown.message;
}
