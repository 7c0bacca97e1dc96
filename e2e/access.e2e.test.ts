/** The page's server as operators start it, in each access mode: what a stranger on the network and in a browser gets. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import { createRequire } from 'node:module';
import { networkInterfaces, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { launchBrowser, leaveAndClose } from './harness/browser.ts';
import { beeps, writeWav } from './harness/wav.ts';
import { freePorts } from './harness/stack.ts';

const WEB = fileURLToPath(new URL('../web/', import.meta.url));
const NEXT = createRequire(joinPath(WEB, 'package.json')).resolve('next/dist/bin/next');

type Page = { url: string; port: number; log(): string; exit: Promise<number | null> };
let child: ChildProcess | undefined;
afterEach(() => void child?.kill('SIGKILL'));

/** Start the page's server alone (no agent, no LiveKit), listening on `host`. */
async function startPage(host: string, settings: Record<string, string>): Promise<Page> {
  const port = await freePorts(1);
  child = spawn(process.execPath, [NEXT, 'start', '--hostname', host, '--port', String(port)], {
    cwd: WEB,
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOSTNAME: host,
      LIVEKIT_API_KEY: 'key',
      LIVEKIT_API_SECRET: 'a-secret-that-is-long-enough-for-hs256',
      AGENT_URL: 'http://127.0.0.1:1',
      ...settings,
    },
  });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  let code: number | null | undefined;
  const exit = new Promise<number | null>((resolve) => {
    child?.once('exit', (status) => resolve((code = status)));
  });
  const url = `http://127.0.0.1:${port}`;
  for (let waits = 0; waits < 150 && code === undefined; waits += 1) {
    const isUp = await fetch(`${url}/api/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { url, port, log: () => output, exit };
}

/** fetch cannot send a foreign Host; this can. */
function ask(
  host: string,
  { port }: Page,
  headers: Record<string, string> = {},
  path = '/api/avatars',
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  return new Promise((resolve, reject) => {
    request({ host, port, path, headers: { host: `localhost:${port}`, ...headers } }, (answer) => {
      answer.resume();
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
    })
      .on('error', reject)
      .end();
  });
}
const outward = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
/** Let in: the agent at the address above does not answer. */
const LET_IN = 503;

describe('open', () => {
  it('does not start on a public address, and says what to do', async () => {
    const page = await startPage('0.0.0.0', {});
    expect(await page.exit).toBe(1);
    expect(page.log()).toMatch(/The page does not start\. ACCESS_MODE is open.*on 0\.0\.0\.0/);
    expect(page.log()).toMatch(/Set ACCESS_MODE=passcode and ACCESS_PASSCODE/);
  });

  it.skipIf(outward === undefined)(
    'answers its own machine only, even when the setting lies about the address',
    async () => {
      const page = await startPage('0.0.0.0', { HOSTNAME: '127.0.0.1' });
      expect((await ask('127.0.0.1', page)).status).toBe(LET_IN);
      expect((await ask(outward!, page)).status).toBe(403);
      const forged = { 'x-live-avatar-peer': '127.0.0.1', 'x-forwarded-for': '127.0.0.1' };
      expect((await ask(outward!, page, forged)).status).toBe(403);
    },
  );

  it('refuses another name for this machine (DNS rebinding) and lets no site read its answers', async () => {
    const page = await startPage('127.0.0.1', {});
    expect((await ask('127.0.0.1', page, { host: 'evil.example.org' })).status).toBe(403);
    const { headers } = await ask('127.0.0.1', page, { origin: 'https://evil.example.org' });
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('api-key', () => {
  it('lets a key in, and the scripts of a site that is named', async () => {
    const key = `ak_${'A'.repeat(43)}`;
    const page = await startPage('127.0.0.1', {
      ACCESS_MODE: 'api-key',
      ACCESS_API_KEYS: `shop:${createHash('sha256').update(key).digest('hex')}`,
      CORS_ORIGINS: 'https://shop.example.org',
    });
    const origin = 'https://shop.example.org';
    const answer = await ask('127.0.0.1', page, { authorization: `Bearer ${key}`, origin });
    expect(answer.status).toBe(LET_IN);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect((await ask('127.0.0.1', page, { authorization: `Bearer ${key}x` })).status).toBe(401);
    const preflight = (from: string): Promise<Response> =>
      fetch(`${page.url}/api/sessions`, {
        method: 'OPTIONS',
        headers: { origin: from, 'access-control-request-method': 'POST' },
      });
    expect((await preflight(origin)).status).toBe(204);
    expect((await preflight('https://evil.example.org')).status).toBe(403);
  });
});

describe('proxy', () => {
  it('believes a user’s name from the proxy’s address and from no other', async () => {
    const user = { 'x-forwarded-user': 'sam' };
    const trusting = await startPage('127.0.0.1', {
      ACCESS_MODE: 'proxy',
      TRUSTED_PROXIES: '127.0.0.1',
    });
    expect((await ask('127.0.0.1', trusting, user)).status).toBe(LET_IN);
    expect((await ask('127.0.0.1', trusting)).status).toBe(401);
    child?.kill('SIGKILL');
    const wary = await startPage('127.0.0.1', {
      ACCESS_MODE: 'proxy',
      TRUSTED_PROXIES: '10.9.8.7',
    });
    const forged = { ...user, 'x-live-avatar-peer': '10.9.8.7', 'x-forwarded-for': '10.9.8.7' };
    expect((await ask('127.0.0.1', wary, forged)).status).toBe(403);
  });
});

describe('passcode', () => {
  it('a browser meets the field, then the page, and stays welcome', async () => {
    const page = await startPage('127.0.0.1', {
      ACCESS_MODE: 'passcode',
      ACCESS_PASSCODE: 'open sesame',
      PUBLIC_URL: 'http://avatars.example.org',
    });
    expect((await ask('127.0.0.1', page)).status).toBe(401);
    const wav = joinPath(tmpdir(), 'avatar-access.wav');
    writeWav(wav, beeps(500, 100));
    const browser = await launchBrowser(wav);
    try {
      const tab = await browser.newPage();
      const violations: string[] = [];
      tab.on('console', (line) => {
        if (/Content Security Policy/i.test(line.text())) violations.push(line.text());
      });
      const answer = await tab.goto(page.url);
      const headers = answer?.headers() ?? {};
      expect(headers['permissions-policy']).toMatch(/microphone=\(self\), camera=\(\)/);
      expect(headers['content-security-policy']).toMatch(/default-src 'self'.*object-src 'none'/);

      const submit = async (word: string): Promise<void> => {
        await tab.getByTestId('passcode').fill(word);
        await tab.getByTestId('passcode-submit').click();
      };
      await submit('open simsim');
      await tab.getByText('This passcode is wrong.').waitFor();
      await submit('open sesame');
      await tab.getByTestId('join').waitFor();
      await tab.reload();
      await tab.getByTestId('join').waitFor();

      const [cookie] = await tab.context().cookies();
      expect(cookie).toMatchObject({ name: 'avatar_access', httpOnly: true, sameSite: 'Lax' });
      expect(violations).toEqual([]);
      expect(page.log()).not.toContain('sesame');
    } finally {
      await leaveAndClose(browser);
    }
  });
});
