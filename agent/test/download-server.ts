/** A real file server for tests of downloads, with the faults of real ones. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the server does; change it between requests. */
export type ServerBehaviour = {
  /** Path → content. */
  files: Record<string, Buffer>;
  /** Whether it knows ranges. */
  hasRanges: boolean;
  /** `strong` or `weak` ETag, or none. */
  etag: 'strong' | 'weak' | 'none';
  /** Says nothing about the size and sends in pieces. */
  isChunked: boolean;
  /** Answers in turn before it behaves; `cut` and `hang` take effect after so many bytes. */
  faults: (
    | { kind: 'status'; status: number; headers?: Record<string, string> }
    | { kind: 'cut' | 'hang'; afterBytes: number }
    | { kind: 'silence' }
    | { kind: 'redirect'; to: string }
  )[];
  /** Pause between pieces of 64 kB, ms. */
  paceMs: number;
};

/** What was asked. */
export type SeenRequest = { path: string; range: string | undefined };

/** The server and what it saw. */
export type TestServer = {
  readonly url: string;
  readonly behaviour: ServerBehaviour;
  readonly requests: SeenRequest[];
  close(): Promise<void>;
};

/** Deterministic bytes that do not repeat soon. */
export function testBytes(count: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Start it on a free port of loopback. */
export async function startTestServer(files: Record<string, Buffer> = {}): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const behaviour: ServerBehaviour = {
    files,
    hasRanges: true,
    etag: 'strong',
    isChunked: false,
    faults: [],
    paceMs: 0,
  };
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    requests.push({ path, range: request.headers.range });
    // A client that goes away in the middle is what these tests are about.
    answer(behaviour, path, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    behaviour,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  behaviour: ServerBehaviour,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const fault = behaviour.faults.shift();
  if (fault?.kind === 'silence') return;
  if (fault?.kind === 'redirect') {
    response.writeHead(302, { location: fault.to + path }).end();
    return;
  }
  if (fault?.kind === 'status') {
    response.writeHead(fault.status, fault.headers).end('a page about the error');
    return;
  }
  const content = behaviour.files[path];
  if (!content) {
    response.writeHead(404).end('not here');
    return;
  }
  const tag = `"${sha256(content).slice(0, 16)}"`;
  const etag = behaviour.etag === 'weak' ? `W/${tag}` : tag;
  if (behaviour.etag !== 'none') response.setHeader('etag', etag);
  const ifRange = request.headers['if-range'];
  const isSame = ifRange === undefined || ifRange === etag;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1];
  const start = behaviour.hasRanges && isSame && asked !== undefined ? Number(asked) : 0;
  if (start >= content.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  if (start > 0)
    response.setHeader('content-range', `bytes ${start}-${content.length - 1}/${content.length}`);
  if (!behaviour.isChunked) response.setHeader('content-length', content.length - start);
  response.writeHead(start > 0 ? 206 : 200);
  await send(content.subarray(start), fault, behaviour.paceMs, response);
}

async function send(
  content: Buffer,
  fault: { kind: 'cut' | 'hang'; afterBytes: number } | undefined,
  paceMs: number,
  response: ServerResponse,
): Promise<void> {
  const end = Math.min(fault?.afterBytes ?? content.length, content.length);
  for (let at = 0; at < end; at += 65_536) {
    const piece = content.subarray(at, Math.min(at + 65_536, end));
    await new Promise<void>((resolve, reject) => {
      response.once('error', reject).once('close', () => reject(new Error('the client is gone')));
      response.write(piece, () => resolve());
    });
    response.removeAllListeners('error').removeAllListeners('close');
    if (paceMs > 0) await sleep(paceMs);
  }
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'cut') {
    // An end that overtakes the bytes takes them along: on a busy machine the client would have nothing to continue.
    await sleep(300);
    response.destroy();
  } else response.end();
}
