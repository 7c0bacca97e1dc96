// @ts-check
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initEnv } from './init-env.mjs';
import { REPO_ROOT } from './start/paths.mjs';

describe('init-env', () => {
  /** @type {string} */
  let root;
  const env = () => readFileSync(join(root, '.env'), 'utf8');
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'init-env-'));
    copyFileSync(join(REPO_ROOT, '.env.example'), join(root, '.env.example'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('makes .env once, with fresh secrets, for its owner only', () => {
    expect(initEnv(root)).toBe('made');
    const made = env();
    expect(made).toMatch(/^LIVEKIT_API_KEY=API\w{13}$/m);
    expect(made).toMatch(/^LIVEKIT_API_SECRET=[\w-]{43}$/m);
    expect(made).toMatch(/^REDIS_PASSWORD=[\w-]{32}$/m);
    expect(made).toMatch(/^GRAFANA_PASSWORD=[\w-]{32}$/m);
    expect(statSync(join(root, '.env')).mode & 0o777).toBe(0o600);
    expect(initEnv(root)).toBe('kept');
    expect(env()).toBe(made);
  });

  test('two services never share a secret', () => {
    initEnv(root);
    const first = env();
    rmSync(join(root, '.env'));
    initEnv(root);
    for (const name of ['LIVEKIT_API_KEY', 'LIVEKIT_API_SECRET', 'REDIS_PASSWORD']) {
      const line = new RegExp(`^${name}=.+$`, 'm');
      expect(line.exec(env())?.[0]).not.toBe(line.exec(first)?.[0]);
    }
  });

  test('gives an .env of an older version what it lacks and changes nothing in it', () => {
    const old = 'LIVEKIT_API_KEY=APIold\nLIVEKIT_API_SECRET=old-secret\nPAGE_PORT=8000\n';
    writeFileSync(join(root, '.env'), old, { mode: 0o600 });
    expect(initEnv(root)).toBe('completed');
    expect(env().startsWith(old)).toBe(true);
    expect(env()).toMatch(/^REDIS_PASSWORD=[\w-]{32}$/m);
    expect(env().match(/^(LIVEKIT_API_KEY|PAGE_PORT)=/gm)).toHaveLength(2);
    expect(statSync(join(root, '.env')).mode & 0o777).toBe(0o600);
    expect(initEnv(root)).toBe('kept');
  });

  test('sets up a public server from its domain and address', () => {
    initEnv(root, { domain: 'avatar.example.org', ip: '203.0.113.7' });
    for (const line of [
      'NODE_IP=203.0.113.7',
      'BIND_ADDRESS=127.0.0.1',
      'MEDIA_BIND_ADDRESS=0.0.0.0',
      'PUBLIC_LIVEKIT_URL=wss://avatar.example.org',
      'PUBLIC_URL=https://avatar.example.org',
      'ACCESS_MODE=passcode',
      'COMPOSE_PROFILES=tls',
      'TURN_DOMAIN=turn.avatar.example.org',
    ]) {
      expect(env().split('\n')).toContain(line);
    }
    expect(env()).toMatch(/^ACCESS_PASSCODE=[\w-]{12}$/m);
  });

  test.each([
    [{ domain: 'https://a.org', ip: '203.0.113.7' }, /"https:\/\/a\.org" is not a domain name/],
    [{ domain: 'a.org\nX=1', ip: '203.0.113.7' }, /is not a domain name/],
    [{ domain: 'a.org', ip: 'here' }, /"here" is not an IPv4 address/],
    [{ domain: 'a.org', ip: '203.0.113.7', turnDomain: 'a.org' }, /must differ/],
  ])('refuses %o and makes no file', (server, message) => {
    expect(() => initEnv(root, server)).toThrow(message);
    expect(() => env()).toThrow(/ENOENT/);
  });
});
