/** The self-test page in real Chromium: against a whole stack, and against servers that are broken on purpose. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RoomServiceClient } from 'livekit-server-sdk';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath } from './harness/browser.ts';
import { KEYS, startLivekit, startPage, type TestServer } from './harness/doctor-servers.ts';
import { freePorts, startStack, type Stack } from './harness/stack.ts';
import { speechThenSilence, writeWav } from './harness/wav.ts';

const folder = mkdtempSync(joinPath(tmpdir(), 'avatar-doctor-'));
const speech = joinPath(folder, 'speech.wav');
const SHIFTED_CLOCK = fileURLToPath(new URL('./fixtures/shifted-clock.mjs', import.meta.url));

/** Chromium that speaks; `args`: further switches. */
const launch = (...args: string[]): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--use-fake-device-for-media-stream',
      `--use-file-for-fake-audio-capture=${speech}`,
      ...args,
    ],
  });

let browser: Browser | undefined;
const servers: TestServer[] = [];
beforeAll(() => writeWav(speech, speechThenSilence('avatars/ava/clips/hello.wav', 500)));
afterEach(async () => {
  await browser?.close();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** Wait for the end of a run. */
async function finished(page: Page): Promise<void> {
  await page.locator('[data-testid="again"]:enabled').waitFor({ timeout: 90_000 });
}

/** State and words of one line. */
async function line(page: Page, id: string): Promise<{ state: string; text: string }> {
  const item = page.getByTestId(`check-${id}`);
  return {
    state: (await item.getAttribute('data-state')) ?? '',
    text: await item.innerText(),
  };
}

/** State of every line. */
function states(page: Page): Promise<Record<string, string>> {
  return page.evaluate(() =>
    Object.fromEntries<string>(
      [...document.querySelectorAll<HTMLElement>('[data-testid^="check-"]')].map((item) => [
        item.dataset['testid']?.replace('check-', '') ?? '',
        item.dataset['state'] ?? '',
      ]),
    ),
  );
}

const report = async (page: Page): Promise<string> =>
  (await page.getByTestId('report').textContent()) ?? '';

/** Open `/doctor` in a new window. */
async function openDoctor(pageUrl: string, permissions = ['microphone']): Promise<Page> {
  const context = await browser!.newContext({ permissions });
  const page = await context.newPage();
  await page.goto(`${pageUrl}/doctor`);
  return page;
}

describe('against the whole product', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ config: 'e2e/fixtures/realtime.yaml' });
  });
  afterAll(() => stack.stop());

  it('everything is green, nothing leaves the page’s policy, and the report tells no secrets', async () => {
    browser = await launch();
    const violations: string[] = [];
    const context = await browser.newContext({ permissions: ['microphone'] });
    const page = await context.newPage();
    page.on('console', (message) => {
      if (/Content Security Policy|Permissions policy/i.test(message.text()))
        violations.push(message.text());
    });
    await page.goto(`${stack.pageUrl}/doctor`);
    // A click wakes the browser's audio; with permission given before, nobody is asked.
    await page.getByRole('heading', { level: 1 }).click();
    await finished(page);
    await page.locator('[data-testid="check-microphone"][data-state="ok"]').waitFor();
    expect(await states(page)).toEqual({
      browser: 'ok',
      secure: 'ok',
      microphone: 'ok',
      service: 'ok',
      clock: 'ok',
      signal: 'ok',
      udp: 'ok',
      tcp: 'ok',
      // None is set up, and on one's own machine none is needed.
      turn: 'skipped',
      codec: expect.stringMatching(/ok|warning/),
      line: expect.stringMatching(/ok|warning/),
    });
    expect(await page.getByTestId('summary').innerText()).toMatch(/Everything works|It works/);
    expect((await line(page, 'codec')).text).toMatch(/VP8.*test picture came back/s);
    expect((await line(page, 'service')).text).toMatch(/avatars are ready, 4 of 4 seats are free/);

    const text = await report(page);
    expect(text).toMatch(/\[ok\] +Media without UDP \(TCP\)\n +Sound and picture get through/);
    expect(text).not.toMatch(/eyJ|access_token|127\.0\.0\.1/);
    await page.getByTestId('with-addresses').check();
    expect(await report(page)).toContain('127.0.0.1');
    expect(violations).toEqual([]);
    expect(stack.log()).not.toMatch(/job.*doctor-/);
  });

  it('a microphone that the person refuses is named with the cure', async () => {
    browser = await launch();
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.setPermission', {
      permission: { name: 'microphone' },
      setting: 'denied',
    });
    const page = await (await browser.newContext()).newPage();
    await page.goto(`${stack.pageUrl}/doctor`);
    await finished(page);
    expect((await line(page, 'microphone')).state).toBe('waiting');
    await page.getByTestId('mic-start').click();
    await page.locator('[data-testid="check-microphone"][data-state="failed"]').waitFor();
    const { text } = await line(page, 'microphone');
    expect(text).toMatch(/The microphone is blocked/);
    expect(text).toMatch(/What to do\s+Click the icon left of the address, allow the microphone/);
    expect(await page.getByTestId('summary').innerText()).toMatch(/One thing to fix/);
  });
});

describe('against servers that are broken on purpose', () => {
  /** Ports: LiveKit, its TCP, its UDP, the page, TURN over UDP, TURN over TLS. */
  let ports: number[];
  const livekitUrl = (): string => `http://127.0.0.1:${ports[0]}`;
  const pageUrl = (): string => `http://127.0.0.1:${ports[3]}`;

  /** LiveKit and page. */
  async function startBoth({
    host = '127.0.0.1',
    rtc = {},
    livekit = {},
    page = {},
  }: {
    host?: string;
    rtc?: object;
    livekit?: object;
    page?: Record<string, string>;
  }): Promise<{ livekit: TestServer }> {
    const first = await freePorts(6);
    ports = Array.from({ length: 6 }, (_, i) => first + i);
    const server = await startLivekit(livekitUrl(), {
      port: ports[0],
      bind_addresses: [host],
      logging: { level: 'info' },
      rtc: {
        tcp_port: ports[1],
        udp_port: ports[2],
        use_external_ip: false,
        enable_loopback_candidate: true,
        interfaces: { includes: ['lo'] },
        stun_servers: ['127.0.0.1:9'],
        ...rtc,
      },
      ...livekit,
    });
    servers.push(server);
    servers.push(
      await startPage(host, ports[3]!, {
        LIVEKIT_URL: `ws://127.0.0.1:${ports[0]}`,
        ...page,
      }),
    );
    return { livekit: server };
  }

  it('LiveKit is stopped', async () => {
    const { livekit } = await startBoth({});
    await livekit.stop();
    browser = await launch();
    const page = await openDoctor(pageUrl());
    await finished(page);
    const signal = await line(page, 'signal');
    expect(signal.state).toBe('failed');
    expect(signal.text).toMatch(/LiveKit does not answer at ws:\/\/127\.0\.0\.1/);
    expect(signal.text).toMatch(/For whoever runs the service\s+Start LiveKit/);
    expect((await line(page, 'service')).text).toMatch(/Start the agent/);
    expect((await states(page))['udp']).toBe('skipped');
  });

  it('LiveKit offers no UDP at all', async () => {
    await startBoth({ rtc: { force_tcp: true } });
    browser = await launch();
    const page = await openDoctor(pageUrl());
    await finished(page);
    const udp = await line(page, 'udp');
    expect(udp.state).toBe('warning');
    expect(udp.text).toMatch(/offers no media over UDP.*Set rtc\.udp_port/s);
    expect((await states(page))['tcp']).toBe('ok');
  });

  it('the clock of the page’s server is ten minutes ahead', async () => {
    await startBoth({
      page: { NODE_OPTIONS: `--import ${SHIFTED_CLOCK}`, CLOCK_SHIFT_MS: '600000' },
    });
    browser = await launch();
    const page = await openDoctor(pageUrl());
    await finished(page);
    const clock = await line(page, 'clock');
    expect(clock.state).toBe('failed');
    expect(clock.text).toMatch(/The clock of the page’s server is 10 min ahead/);
    expect(clock.text).toMatch(/Set the clock of the machine that runs the page’s server by NTP/);
    // LiveKit refuses for real; the cure is the clock, not the keys.
    const signal = await line(page, 'signal');
    expect(signal.state).toBe('failed');
    expect(signal.text).toMatch(/refuses.*Set the clock of the machine/s);
  });

  it('LiveKit has other keys than the page', async () => {
    await startBoth({ page: { LIVEKIT_API_SECRET: 'another-secret-another-secret-xx' } });
    browser = await launch();
    const page = await openDoctor(pageUrl());
    await finished(page);
    expect((await states(page))['clock']).toBe('ok');
    const signal = await line(page, 'signal');
    expect(signal.text).toMatch(/the same LIVEKIT_API_KEY and LIVEKIT_API_SECRET/);
  });

  const openssl = ((): boolean => {
    try {
      execFileSync('openssl', ['version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  it.skipIf(!openssl)(
    'TURN: the relay over UDP works, the one over TLS on 443 does not answer',
    async () => {
      const [cert, key] = [joinPath(folder, 'turn.crt'), joinPath(folder, 'turn.key')];
      const subject = [
        '-subj',
        '/CN=turn.localhost',
        '-addext',
        'subjectAltName=DNS:turn.localhost',
      ];
      const files = ['-keyout', key, '-out', cert];
      execFileSync(
        'openssl',
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...files],
        { stdio: 'ignore' },
      );
      const first = await freePorts(2);
      await startBoth({
        livekit: {
          turn: {
            enabled: true,
            domain: 'turn.localhost',
            udp_port: first,
            tls_port: first + 1,
            cert_file: cert,
            key_file: key,
          },
        },
      });
      browser = await launch();
      const page = await openDoctor(pageUrl());
      await finished(page);
      const turn = await line(page, 'turn');
      expect(turn.state).toBe('warning');
      expect(turn.text).toMatch(/The relay over TLS cannot be used; the one over UDP works/);
      expect(turn.text).toMatch(/its certificate is valid for that name and from a public author/);
    },
  );

  const outward = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

  it.skipIf(outward === undefined)(
    'opened from elsewhere without https, and without a relay for strict networks',
    async () => {
      await startBoth({
        host: '0.0.0.0',
        rtc: { node_ip: outward, enable_loopback_candidate: false, interfaces: undefined },
        page: { ACCESS_MODE: 'passcode', ACCESS_PASSCODE: 'open sesame' },
      });
      browser = await launch();
      const tab = await openDoctor(`http://${outward}:${ports[3]}`, []);
      await tab.getByTestId('passcode').fill('open sesame');
      await tab.getByTestId('passcode-submit').click();
      await finished(tab);
      const secure = await line(tab, 'secure');
      expect(secure.state).toBe('failed');
      expect(secure.text).toMatch(/Put the page behind https/);
      expect((await states(tab))['microphone']).toBe('skipped');
      expect((await states(tab))['signal']).toBe('ok');
      expect((await line(tab, 'turn')).text).toMatch(/No relay is set up: visitors in strict/);
    },
  );

  it('the test room admits two, lives briefly and has no agent', async () => {
    await startBoth({});
    const grant = (await (
      await fetch(`${pageUrl()}/api/doctor/session`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      })
    ).json()) as Record<string, string>;
    const rooms = new RoomServiceClient(livekitUrl(), KEYS.key, KEYS.secret);
    const [room] = await rooms.listRooms();
    expect(room).toMatchObject({ maxParticipants: 2, emptyTimeout: 30, departureTimeout: 30 });
    expect(Object.keys(grant).sort()).toEqual(['listenerToken', 'senderToken', 'serverUrl']);
  });
});
