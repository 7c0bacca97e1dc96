import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { AvatarError } from '../errors.ts';
import { errorBodySchema } from './contract.ts';
import { createApiServer } from './server.ts';

const app = createApiServer({
  readiness: () => ({ ready: true, waitingFor: [] }),
  avatars: () => [],
  thumbnail: (id) => {
    throw new AvatarError('AVATAR_NOT_FOUND', `no avatar "${id}"`);
  },
  status: () => ({
    ...{ activeSessions: 0, maxSessions: 1, agentName: 'a', version: '1', rssMb: 1 },
    ...{ privacy: 'room' as const, sessions: [], stages: {} },
  }),
  metrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
});
let port = 0;
beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

/** Send bytes as they are; everything answered until the server closes, or nothing more comes for `quietMs`. */
function raw(bytes: Buffer, quietMs = 60): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    const done = (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(quietMs, done);
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('error', done);
    socket.on('close', done);
  });
}

const isAlive = async (): Promise<boolean> => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;

/** An answer below 500 with an error body where it is an error; silence and a closed connection are fine. */
function expectAnswer(everything: string): void {
  const answer = everything.replace('HTTP/1.1 100 Continue\r\n\r\n', '');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0);
  if (answer === '') return;
  expect(status).toBeGreaterThanOrEqual(200);
  expect(status).toBeLessThan(500);
  expect(answer).not.toMatch(/ at .*\.ts:\d+/);
  // node's own parser answers broken HTTP before any route, without a body of ours.
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
  if (status >= 400 && body.startsWith('{"error":{')) {
    errorBodySchema.parse(JSON.parse(body.split('HTTP/1.1 ')[0]!));
  }
}

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PATCH', 'BREW', ''];
const PATHS = ['/status', '/metrics', '/avatars', '/readyz', '/avatars/ava/thumbnail', '/nowhere'];
const path = fc.oneof(
  fc.constantFrom(...PATHS),
  fc
    .tuple(
      fc.constantFrom('/', '/avatars/', '/%', '//', '/../', '/avatars/%2e%2e/', '*'),
      fc.string({ unit: 'binary', maxLength: 60 }),
    )
    .map(([head, tail]) => head + tail),
  fc
    .string({ maxLength: 60 })
    .map(
      (text) =>
        `/avatars/${encodeURIComponent(text.replace(/[\uD800-\uDFFF]/g, ''))}/thumbnail?${text}`,
    ),
);
const header = fc.oneof(
  fc.constantFrom(
    'Content-Length: 5',
    'Content-Length: -1',
    'Content-Length: 99999999999',
    'Transfer-Encoding: chunked',
    'Content-Type: application/json',
    'Expect: 100-continue',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Content-Length: 3\r\nTransfer-Encoding: chunked',
    'Host: [',
    'Accept-Encoding: \0',
    ' folded',
  ),
  fc
    .tuple(fc.string({ maxLength: 20 }), fc.string({ unit: 'binary', maxLength: 200 }))
    .map(([name, value]) => `${name}: ${value}`),
);
const body = fc.oneof(
  fc.constantFrom(
    '',
    '{',
    'zz\r\nxx\r\n0\r\n\r\n',
    'FFFFFFFFFFFFFFFF\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
    'null',
  ),
  fc.string({ unit: 'binary', maxLength: 3000 }),
);

it(
  'any request is answered below 500, or its connection is closed; the server lives',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...METHODS),
        path,
        fc.array(header, { maxLength: 6 }),
        body,
        async (method, target, headers, content) => {
          const lines = [
            `${method} ${target} HTTP/1.1`,
            'Host: x',
            'Connection: close',
            ...headers,
          ];
          expectAnswer(await raw(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${content}`, 'utf8')));
        },
      ),
      fuzzing(300),
    );
    expect(await isAlive()).toBe(true);
  },
  FUZZ_TIMEOUT_MS,
);

it(
  'any bytes are answered below 500, or their connection is closed; the server lives',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        expectAnswer(await raw(Buffer.from(bytes), 20));
      }),
      fuzzing(100),
    );
    expect(await isAlive()).toBe(true);
  },
  FUZZ_TIMEOUT_MS,
);

it('a megabyte of headers, a long address and a large body are refused', async () => {
  const large = 'x'.repeat(1_000_000);
  for (const text of [
    `GET /status HTTP/1.1\r\nHost: x\r\nA: ${large}\r\n\r\n`,
    `GET /${large} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `POST /status HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${large.length}\r\n\r\n${large}`,
  ]) {
    expect(await raw(Buffer.from(text), 2000)).toMatch(/^(HTTP\/1\.1 4\d\d|$)/);
  }
  expect(await isAlive()).toBe(true);
});

it('connections that never finish a request are closed in time and do not keep others out', async () => {
  // node looks at these limits every 30 s, which is too long to wait for here.
  expect(app.server.headersTimeout).toBe(10_000);
  expect(app.server.requestTimeout).toBe(10_000);
  const slow = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'));
  for (const socket of slow)
    socket.on('error', () => undefined).write('GET /status HTTP/1.1\r\nA: ');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await isAlive()).toBe(true);
  for (const socket of slow) socket.destroy();
});
