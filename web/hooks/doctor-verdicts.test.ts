import { expect, test } from 'vitest';
import { browserName } from './doctor-browser.ts';
import { findingsOf, summaryOf } from './doctor-findings.ts';
import { microphoneFinding, type SoundFacts } from './doctor-microphone.ts';
import { doctorReport, withoutAddresses } from './doctor-report.ts';
import { NOT_STARTED } from './doctor-run.ts';
import type { BrowserFacts, ClockFacts, MediaFacts, ServiceFacts } from './doctor-types.ts';
import {
  browserFinding,
  clockFinding,
  codecFinding,
  duration,
  lineFinding,
  secureFinding,
  serviceFinding,
} from './doctor-verdicts.ts';
import { pageProblem } from './problems.ts';

const browser: BrowserFacts = {
  name: 'Chrome 131 on Linux',
  missing: [],
  codecs: ['VP8', 'H264'],
};
const media: MediaFacts = {
  framesDecoded: 100,
  bytesReceived: 400_000,
  seconds: 3,
  fps: 24.6,
  kbitPerS: 900,
  widthPx: 512,
  codec: 'VP8',
  lossUpRatio: 0,
  lossDownRatio: 0,
  jitterMs: 4,
  rttMs: 30,
  wasHidden: false,
};
const noMedia = { stage: 'media', kind: 'timeout', message: 'too late' } as const;
const service: ServiceFacts = {
  answerMs: 8,
  livekitReachable: true,
  agent: { free: 3, max: 4 },
  avatars: { ready: 5, preparing: 0, failed: 0 },
};
const agree: ClockFacts = {
  nowMs: 0,
  browserAheadMs: 300,
  livekitAheadMs: -400,
  agentAheadMs: null,
};

test.each([
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36',
    'Chrome 131 on Linux',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70',
    'Edge 131 on Windows',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1',
    'Safari 17.5 on iOS',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0',
    'Firefox 133 on macOS',
  ],
])('names the browser of %s', (userAgent, name) => {
  expect(browserName(userAgent)).toBe(name);
});

test('a browser without WebRTC is named with what it lacks', () => {
  expect(browserFinding(browser).state).toBe('ok');
  const finding = browserFinding({ ...browser, missing: ['WebRTC'] });
  expect(finding).toMatchObject({ state: 'failed', detail: 'Chrome 131 on Linux lacks WebRTC.' });
});

test('http from elsewhere needs https; localhost does not', () => {
  const own = { secureContext: true, protocol: 'http:', hostname: 'localhost' };
  expect(secureFinding(own).state).toBe('ok');
  const far = secureFinding({ ...own, secureContext: false, hostname: '192.168.1.5' });
  expect(far.state).toBe('failed');
  expect(far.cure?.text).toMatch(/https/);
});

test('the service: agent away, no avatar, no seat, all well', () => {
  expect(serviceFinding(service).state).toBe('ok');
  const away = { status: 503, code: 'AGENT_UNAVAILABLE', message: 'No answer.' };
  expect(serviceFinding({ ...service, agent: away }).cure?.text).toMatch(/Start the agent/);
  expect(serviceFinding({ ...service, agent: null }).detail).toMatch(/^5 avatars are ready; the/);
  const avatars = { ready: 0, preparing: 1, failed: 0 };
  expect(serviceFinding({ ...service, avatars }).state).toBe('warning');
  expect(serviceFinding({ ...service, agent: { free: 0, max: 4 } }).cure?.text).toMatch(
    /max_sessions/,
  );
  const gone = { status: 0, code: 'NO_ANSWER', message: 'Failed to fetch' };
  expect(serviceFinding(gone)).toMatchObject({ state: 'failed' });
});

test('clocks: the odd one out is named', () => {
  const of = (facts: Partial<ClockFacts>) => clockFinding({ ...agree, ...facts });
  expect(of({}).state).toBe('ok');
  const page = of({ browserAheadMs: -600_000, livekitAheadMs: -600_000 });
  expect(page.state).toBe('failed');
  expect(page.detail).toMatch(/page’s server is 10 min ahead/);
  const livekit = of({ livekitAheadMs: 90_000 });
  expect([livekit.state, livekit.detail]).toEqual([
    'failed',
    expect.stringMatching(/LiveKit is 90 s ahead/),
  ]);
  expect(of({ agentAheadMs: -12_000 })).toMatchObject({
    state: 'warning',
    detail: 'The clock of the agent is 12 s behind.',
  });
  const device = of({ browserAheadMs: 3_600_000 });
  expect(device).toMatchObject({ state: 'warning', cure: { by: 'you' } });
  expect(of({ browserAheadMs: 20_000 }).state).toBe('ok');
  expect(duration(-7_300_000)).toBe('2 h');
});

test('the picture: codec, decoder, speed', () => {
  expect(codecFinding(browser, media).state).toBe('ok');
  const h264 = codecFinding({ ...browser, codecs: ['H264'] }, media);
  expect(h264.cure?.text).toMatch(/video_codec: h264/);
  expect(codecFinding({ ...browser, codecs: [] }, media).state).toBe('failed');
  expect(codecFinding(browser, noMedia).state).toBe('skipped');
  const undecoded = codecFinding(browser, { ...media, framesDecoded: 0 });
  expect(undecoded.cure?.text).toMatch(/hardware acceleration/);
  const nothing = codecFinding(browser, { ...media, framesDecoded: 0, bytesReceived: 0 });
  expect(nothing.cure?.by).toBe('operator');
  expect(codecFinding(browser, { ...media, fps: 6 }).state).toBe('warning');
  expect(codecFinding(browser, { ...media, fps: 1, wasHidden: true }).state).toBe('ok');
});

test('the line: loss, distance, width', () => {
  expect(lineFinding(media)).toMatchObject({
    state: 'ok',
    detail: '0.0 % of the packets lost, 30 ms there and back.',
  });
  expect(lineFinding({ ...media, lossUpRatio: 0.12 }).detail).toMatch(/12 %.*break up/);
  expect(lineFinding({ ...media, rttMs: 600 }).detail).toMatch(/late/);
  expect(lineFinding({ ...media, kbitPerS: 200 }).detail).toMatch(/blurred/);
  expect(lineFinding({ ...media, kbitPerS: 200, fps: 3 }).state).toBe('ok');
  expect(lineFinding(noMedia).state).toBe('skipped');
});

test('the microphone: asked, refused, silent, quiet, heard', () => {
  const sound: SoundFacts = {
    listenedMs: 1000,
    heard: false,
    alive: true,
    asleep: false,
    sampleRateHz: 48_000,
  };
  const on = (facts: Partial<SoundFacts>) =>
    microphoneFinding({ phase: 'on', problem: null, sound: { ...sound, ...facts } });
  expect(microphoneFinding({ phase: 'off', problem: null, sound: null }).state).toBe('waiting');
  const refused = microphoneFinding({ phase: 'off', problem: pageProblem('MIC_BLOCKED'), sound });
  expect(refused).toMatchObject({ state: 'failed', cure: { by: 'you' } });
  const insecure = pageProblem('INSECURE_CONTEXT');
  expect(microphoneFinding({ phase: 'off', problem: insecure, sound: null }).state).toBe('skipped');
  expect(on({}).detail).toMatch(/Say something/);
  expect(on({ asleep: true }).detail).toMatch(/Click anywhere/);
  expect(on({ listenedMs: 9000 })).toMatchObject({ state: 'warning' });
  expect(on({ listenedMs: 9000, alive: false })).toMatchObject({ state: 'failed' });
  expect(on({ heard: true })).toMatchObject({ state: 'ok' });
  expect(on({ heard: true, sampleRateHz: 8000 }).detail).toMatch(/telephone/);
});

const off = { phase: 'off', problem: null, sound: null } as const;
test('the sentence above: running, red, remarks, good', () => {
  const findings = findingsOf(NOT_STARTED, off);
  expect(summaryOf(findings, false).kind).toBe('running');
  expect(summaryOf(findings, true)).toMatchObject({
    kind: 'good',
    hint: expect.stringMatching(/microphone is left/),
  });
  const remark = { state: 'warning', detail: '' } as const;
  expect(summaryOf({ ...findings, turn: remark }, true).text).toBe('It works, with one remark');
  const red = { state: 'failed', detail: '' } as const;
  expect(summaryOf({ ...findings, turn: remark, udp: red, tcp: red }, true)).toMatchObject({
    kind: 'bad',
    text: '2 things to fix',
  });
});

test('a line that is being tested says so', () => {
  const state = { ...NOT_STARTED, running: ['udp'] } as const;
  const findings = findingsOf({ ...state, measured: { session: { serverUrl: '' } } }, off);
  expect([findings.udp.state, findings.tcp.state]).toEqual(['running', 'waiting']);
});

test('the report holds no token ever and addresses only when asked', () => {
  const findings = {
    ...findingsOf(NOT_STARTED, off),
    udp: {
      state: 'failed',
      detail: 'Nothing comes back.',
      cure: { by: 'operator', text: 'Open 7882/udp.' },
      facts: [
        'offered 192.168.1.5:7882/udp host',
        'offered [2001:db8::7]:7882/udp host',
        'wss://a.example.org/rtc?access_token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln&x=1',
      ],
    },
  } as const;
  const context = {
    when: new Date('2026-11-21T02:40:12Z'),
    browser: 'Chrome 131 on Linux',
    origin: 'https://avatar.example.org',
    withAddresses: false,
  };
  const text = doctorReport(findings, context);
  expect(text).toContain('2026-11-21 02:40 UTC, Chrome 131 on Linux, https://avatar.example.org');
  expect(text).toMatch(
    /\[FAILED\] +Direct media \(UDP\)\n +Nothing comes back\.\n +→ operator: Open/,
  );
  expect(text).not.toMatch(/eyJ|192\.168|2001:db8/);
  const full = doctorReport(findings, { ...context, withAddresses: true });
  expect(full).toMatch(/192\.168\.1\.5:7882/);
  expect(full).not.toContain('eyJ');
});

test('only addresses are taken out', () => {
  expect(withoutAddresses('at 02:40 from ::1, fe80::1 and 10.0.0.1:80; 1.2.3 stays')).toBe(
    'at 02:40 from [address], [address] and [address]:80; 1.2.3 stays',
  );
});
