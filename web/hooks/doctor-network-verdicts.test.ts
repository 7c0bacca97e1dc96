import { expect, test } from 'vitest';
import { candidatesOf, withoutCandidates, addressKind } from './doctor-candidates.ts';
import { directFinding, signalFinding, turnFinding } from './doctor-network-verdicts.ts';
import type { ClockFacts, Link, Measurements, PageAddress } from './doctor-types.ts';

const page: PageAddress = {
  secureContext: true,
  protocol: 'https:',
  hostname: 'avatar.example.org',
};
const ownMachine: PageAddress = { secureContext: true, protocol: 'http:', hostname: 'localhost' };
const link: Link = {
  signalMs: 40,
  mediaMs: 200,
  pair: { protocol: 'udp', type: 'srflx', remote: '203.0.113.7:7882/udp', rttMs: 31 },
  offered: [
    { protocol: 'udp', address: '203.0.113.7', port: 7882, type: 'host' },
    { protocol: 'tcp', address: '203.0.113.7', port: 7881, type: 'host' },
  ],
  relays: [],
  iceErrors: [],
  failure: null,
};
const overTcp: Link = {
  ...link,
  pair: { protocol: 'tcp', type: 'host', remote: '203.0.113.7:7881/tcp', rttMs: 40 },
};
const failed = (stage: 'signal' | 'media', kind: 'refused' | 'timeout' | 'other'): Link => ({
  ...link,
  signalMs: stage === 'signal' ? null : 40,
  mediaMs: null,
  pair: null,
  failure: { stage, kind, message: 'it says why' },
});
const blocked = failed('media', 'timeout');
const session = { serverUrl: 'wss://avatar.example.org' };
const works: Measurements = {
  page,
  session,
  any: link,
  udp: link,
  tcp: overTcp,
  relays: new Map(),
};
const clock: ClockFacts = {
  nowMs: 0,
  browserAheadMs: 0,
  livekitAheadMs: 0,
  agentAheadMs: 0,
};
const livekitAway: NonNullable<Measurements['service']> = {
  answerMs: 9,
  livekitReachable: false,
  agent: { free: 1, max: 4 },
  avatars: { ready: 1, preparing: 0, failed: 0 },
};

test('LiveKit that answers is green, with the time it took', () => {
  expect(signalFinding(works)).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/40 ms/),
  });
});

test.each<[string, Measurements, RegExp]>([
  [
    'an https page that leads to ws://',
    { page, session: { serverUrl: 'ws://avatar.example.org:7880' } },
    /PUBLIC_LIVEKIT_URL=wss/,
  ],
  [
    'an address that is each visitor’s own machine',
    {
      page: { ...page, protocol: 'http:' },
      session: { serverUrl: 'ws://127.0.0.1:7880' },
    },
    /Set `PUBLIC_LIVEKIT_URL`/,
  ],
  ['a LiveKit that does not run', { page, session, service: livekitAway }, /Start LiveKit/],
  [
    'a proxy that passes no WebSockets',
    { page, session, livekitAnswersHttp: true },
    /pass WebSockets on/,
  ],
  ['a port that is closed', { page, session, livekitAnswersHttp: false }, /Open port 443\/tcp/],
])('%s is told from the others', (_name, measured, cure) => {
  const finding = signalFinding({ ...measured, any: failed('signal', 'other') });
  expect(finding.state).toBe('failed');
  expect(finding.cure?.text).toMatch(cure);
});

test('a refused token means other keys, or a clock that is off', () => {
  const measured = { page, session, any: failed('signal', 'refused') };
  expect(signalFinding({ ...measured, clock }).cure?.text).toMatch(/LIVEKIT_API_SECRET/);
  const off = { ...clock, livekitAheadMs: -600_000, agentAheadMs: -600_000 };
  expect(signalFinding({ ...measured, clock: off }).cure?.text).toMatch(/NTP/);
});

test('the page’s own failures are passed on', () => {
  const tooMany = { status: 429, code: 'RATE_LIMITED', message: 'Too many requests.' };
  expect(signalFinding({ session: tooMany }).state).toBe('warning');
  const away = { status: 503, code: 'LIVEKIT_UNAVAILABLE', message: 'It does not answer.' };
  expect(signalFinding({ session: away }).cure?.text).toMatch(/Start LiveKit/);
});

test('UDP that works is green; blocked UDP is a remark while TCP works, and red when nothing does', () => {
  expect(directFinding('udp', works)).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/200 ms, 31 ms/),
  });
  const slow = directFinding('udp', { ...works, any: overTcp, udp: blocked });
  expect(slow).toMatchObject({ state: 'warning', detail: expect.stringMatching(/slower way/) });
  expect(slow.cure?.text).toMatch(/Open 7882\/udp/);
  const dead = { ...works, any: blocked, udp: blocked, tcp: blocked };
  expect(directFinding('udp', dead).state).toBe('failed');
  expect(directFinding('tcp', dead).cure?.text).toMatch(/Open 7881\/tcp/);
  expect(turnFinding(dead)).toMatchObject({ state: 'failed' });
});

test('a connection that left its way proves nothing', () => {
  expect(directFinding('udp', { ...works, udp: overTcp }).state).toBe('skipped');
});

test.each([
  ['192.168.1.5', 'a private address only'],
  ['172.18.0.3', 'a private address only'],
  ['127.0.0.1', 'an address of their own machine'],
])(
  'a server that offers %s to visitors from outside is told its public address',
  (address, what) => {
    const udp = {
      ...blocked,
      offered: [{ protocol: 'udp', address, port: 7882, type: 'host' }],
    } as const;
    const finding = directFinding('udp', { ...works, udp });
    expect(finding.detail).toContain(what);
    expect(finding.cure?.text).toMatch(/NODE_IP/);
  },
);

test('a private address is right where the page is private too', () => {
  const offered = [{ protocol: 'udp', address: '192.168.1.5', port: 7882, type: 'host' }] as const;
  const home = { ...page, hostname: '192.168.1.5' };
  const finding = directFinding('udp', { ...works, page: home, udp: { ...blocked, offered } });
  expect(finding.cure?.text).toMatch(/Open 7882\/udp/);
});

test('a server without UDP or TCP is told the setting', () => {
  const none = { ...blocked, offered: [] };
  expect(directFinding('udp', { ...works, udp: none }).cure?.text).toMatch(/rtc\.udp_port/);
  expect(directFinding('tcp', { ...works, tcp: none }).cure?.text).toMatch(/rtc\.tcp_port/);
});

test('no relay: a remark for a public page, none on one’s own machine', () => {
  expect(turnFinding(works)).toMatchObject({
    state: 'warning',
    cure: { text: expect.stringMatching(/443/) },
  });
  expect(turnFinding({ ...works, page: ownMachine }).state).toBe('skipped');
});

const [udpRelay, tlsRelay] = [
  'turn:turn.example.org:3478?transport=udp',
  'turns:turn.example.org:443?transport=tcp',
];
test('relays: over TLS is what strict networks need', () => {
  const both = new Map([
    [udpRelay, link],
    [tlsRelay, link],
  ]);
  expect(turnFinding({ ...works, relays: both })).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/UDP and TLS/),
  });
  const udpOnly = turnFinding({ ...works, relays: new Map([[udpRelay, link]]) });
  expect(udpOnly).toMatchObject({
    state: 'warning',
    detail: expect.stringMatching(/nothing but https/),
  });
});

test('a broken relay over TLS: name, port and certificate', () => {
  const relays = new Map([
    [udpRelay, link],
    [tlsRelay, blocked],
  ]);
  const finding = turnFinding({ ...works, relays });
  expect(finding.detail).toBe('The relay over TLS cannot be used; the one over UDP works.');
  expect(finding.cure?.text).toMatch(/turn\.example\.org.*443\/tcp.*certificate/);
});

test('without a signal nothing behind it is tested', () => {
  const measured = { page, session, any: failed('signal', 'other') };
  expect(directFinding('udp', measured).state).toBe('skipped');
  expect(turnFinding(measured).state).toBe('skipped');
});

test('addresses are read from session descriptions and taken out of them', () => {
  const sdp = [
    'v=0',
    'a=candidate:1 1 udp 2130706431 192.168.1.5 7882 typ host',
    'a=candidate:2 1 tcp 1671430143 192.168.1.5 7881 typ host tcptype passive',
    'a=end-of-candidates',
    '',
  ].join('\r\n');
  expect(candidatesOf(sdp).map(({ protocol, port }) => `${protocol} ${port}`)).toEqual([
    'udp 7882',
    'tcp 7881',
  ]);
  const kept = withoutCandidates(sdp, ({ protocol }) => protocol === 'tcp');
  expect(kept).not.toContain('7882');
  expect(kept).toMatch(/^v=0\r\na=candidate:2.*\r\na=end-of-candidates\r\n$/);
});

test.each([
  ['127.0.0.1', 'loopback'],
  ['[::1]', 'loopback'],
  ['10.1.2.3', 'private'],
  ['172.32.0.1', 'public'],
  ['100.64.0.1', 'private'],
  ['fd00::1', 'private'],
  ['2001:db8::1', 'public'],
  ['a1b2.local', 'name'],
])('%s is %s', (address, kind) => {
  expect(addressKind(address)).toBe(kind);
});
