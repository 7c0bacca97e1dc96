import { afterEach, describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import { errorBodySchema } from './contract.ts';
import type { AgentStatus } from './contract.ts';
import { createApiServer } from './server.ts';
import type { ApiSources } from './server.ts';

const STATUS: AgentStatus = {
  activeSessions: 0,
  maxSessions: 4,
  agentName: 'avatar',
  version: '0.1.0',
  privacy: 'avatar-only',
  sessions: [],
  stages: {},
  rssMb: 100,
};

function makeSources(changes: Partial<ApiSources> = {}): ApiSources {
  return {
    readiness: () => ({ ready: true, waitingFor: [] }),
    avatars: () => [{ id: 'ava', name: 'Ava', status: 'ready', clips: [], model: 'lite' }],
    thumbnail: (id) => {
      if (id === 'ava') return Buffer.from([0xff, 0xd8]);
      throw new AvatarError('AVATAR_NOT_FOUND', `no avatar "${id}"`);
    },
    status: () => STATUS,
    metrics: () => Promise.resolve({ contentType: 'text/plain', text: 'avatar_x 1\n' }),
    ...changes,
  };
}

let app: ReturnType<typeof createApiServer> | undefined;
afterEach(() => app?.close());
const get = (url: string, changes?: Partial<ApiSources>) => {
  app = createApiServer(makeSources(changes));
  return app.inject({ method: 'GET', url });
};

describe('agent HTTP API', () => {
  it('is healthy while it is not ready, and says what it waits for', async () => {
    const changes = {
      readiness: () => ({ ready: false, waitingFor: ['avatar ava: 40 % prepared'] }),
    };
    expect((await get('/healthz', changes)).statusCode).toBe(200);
    const ready = await get('/readyz', changes);
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toEqual({ ready: false, waitingFor: ['avatar ava: 40 % prepared'] });
    expect((await get('/readyz')).statusCode).toBe(200);
  });

  it('lists avatars and serves their thumbnails with cache headers', async () => {
    expect((await get('/avatars')).json()).toHaveLength(1);
    const thumbnail = await get('/avatars/ava/thumbnail');
    expect(thumbnail.headers['content-type']).toBe('image/jpeg');
    expect(thumbnail.headers['cache-control']).toContain('max-age');
    expect(thumbnail.rawPayload).toEqual(Buffer.from([0xff, 0xd8]));
  });

  it.each([
    ['/avatars/nobody/thumbnail', 404, 'AVATAR_NOT_FOUND'],
    ['/avatars/..%2f..%2fetc/thumbnail', 404, 'AVATAR_NOT_FOUND'],
    ['/nothing', 404, 'REQUEST_INVALID'],
  ])('answers %s with %d %s', async (url, status, code) => {
    const response = await get(url);
    expect(response.statusCode).toBe(status);
    expect(errorBodySchema.parse(response.json()).error.code).toBe(code);
  });

  it('refuses a body over its limit', async () => {
    app = createApiServer(makeSources());
    const response = await app.inject({
      method: 'POST',
      url: '/status',
      payload: 'x'.repeat(5000),
    });
    expect(response.statusCode).toBe(404);
  });

  it('never shows the inside of a bug', async () => {
    const response = await get('/status', {
      status: () => {
        throw new TypeError('cannot read /home/someone/secret');
      },
    });
    expect(response.statusCode).toBe(500);
    expect(response.json()).toEqual({
      error: { code: 'INTERNAL', message: 'internal error', retryable: false },
    });
  });
});
