/** From attempts to connect to what the lines on LiveKit's signal, UDP, TCP and TURN say. Pure. */
import { addressKind, type Candidate } from './doctor-candidates.ts';
import {
  isFailure,
  type CallFailure,
  type ClockFacts,
  type Finding,
  type Link,
  type Measurements,
  type PageAddress,
} from './doctor-types.ts';
import { CLOCK_BREAKS_MS, WAITING, failedCall, skipped, wrongClock } from './doctor-verdicts.ts';

const SIGNAL_SLOW_MS = 3000;
const NO_SIGNAL = 'Not tested: LiveKit itself was not reached.';
const TURN_DOCS = 'docs/troubleshooting.md, section TURN';

const ms = (value: number): string => `${Math.round(value)} ms`;

const operator = (text: string) => ({ by: 'operator', text }) as const;

/** LiveKit's address as the browser was told, for sentences: without a path or a token. */
const shown = (serverUrl: string): string =>
  URL.canParse(serverUrl) ? new URL(serverUrl).origin.replace('null', serverUrl) : serverUrl;

export function signalFinding(measured: Measurements): Finding {
  const { session, any, page, service, clock } = measured;
  if (session === undefined) return WAITING;
  if (isFailure(session)) return noSession(session, clock);
  if (any === undefined) return WAITING;
  const { failure, signalMs } = any;
  const at = shown(session.serverUrl);
  if (signalMs !== null) {
    const detail = `LiveKit answers at ${at} in ${ms(signalMs)}.`;
    if (signalMs < SIGNAL_SLOW_MS) return { state: 'ok', detail };
    return {
      state: 'warning',
      detail: `LiveKit at ${at} took ${ms(signalMs)} to answer.`,
      cure: { by: 'you', text: 'The line or the server is busy; check again in a minute.' },
    };
  }
  const facts = failure === null ? [] : [failure.message];
  if (failure?.kind === 'refused') {
    return {
      state: 'failed',
      detail: 'LiveKit refuses the token of the page’s server.',
      cure: clockCure(clock) ?? operator(SAME_KEYS),
      facts,
    };
  }
  const url = URL.canParse(session.serverUrl) ? new URL(session.serverUrl) : null;
  if (url?.protocol === 'ws:' && page?.protocol === 'https:') {
    return {
      state: 'failed',
      detail: `The page is https, but it sends browsers to ${at}; browsers block unencrypted connections from https pages.`,
      cure: operator(
        'Put LiveKit behind https too and set `PUBLIC_LIVEKIT_URL=wss://…`; the compose profile `tls` does both.',
      ),
      facts,
    };
  }
  if (url !== null && page !== undefined && isElsewhere(url.hostname, page)) {
    return {
      state: 'failed',
      detail: `The page sends browsers to ${at}, which is each visitor’s own machine.`,
      cure: operator('Set `PUBLIC_LIVEKIT_URL` to the address at which visitors reach LiveKit.'),
      facts,
    };
  }
  if (service !== undefined && !isFailure(service) && !service.livekitReachable) {
    return { state: 'failed', detail: `LiveKit does not run at ${at}.`, cure: START, facts };
  }
  if (measured.livekitAnswersHttp === true) {
    return {
      state: 'failed',
      detail: `Something answers at ${at}, but it does not open a WebSocket.`,
      cure: operator(
        'Let the proxy before LiveKit pass WebSockets on (headers Upgrade and Connection, path `/rtc`), and check that `PUBLIC_LIVEKIT_URL` leads to LiveKit.',
      ),
      facts,
    };
  }
  const port =
    url?.port === '' || url === null ? (url?.protocol === 'wss:' ? '443' : '80') : url.port;
  return {
    state: 'failed',
    detail: `This browser cannot reach LiveKit at ${at}, though the page’s server can.`,
    cure: operator(
      `Open port ${port}/tcp to it in firewall and router, see that its https certificate is valid, and that \`PUBLIC_LIVEKIT_URL\` is right.`,
    ),
    facts,
  };
}

const START = operator(
  'Start LiveKit (`npm start`, `docker compose up -d livekit`); its log says why it stopped.',
);
const SAME_KEYS =
  'Give LiveKit and the page the same `LIVEKIT_API_KEY` and `LIVEKIT_API_SECRET`, then restart both.';

function noSession(failure: CallFailure, clock: Measurements['clock']): Finding {
  if (failure.code !== 'LIVEKIT_UNAVAILABLE') return failedCall(failure);
  const refused = failure.message.includes('refuses');
  return {
    state: 'failed',
    detail: failure.message,
    cure: refused ? (clockCure(clock) ?? operator(SAME_KEYS)) : START,
  };
}

/** The cure of a wrong clock when it is wrong enough to break tokens. */
function clockCure(clock: Measurements['clock']): Finding['cure'] {
  if (clock === undefined || isFailure(clock)) return undefined;
  const wrong = wrongClock(clock satisfies ClockFacts);
  return wrong !== null && Math.abs(wrong.aheadMs) >= CLOCK_BREAKS_MS ? wrong.who.cure : undefined;
}

/** An address of this very machine, named to a browser that may be on another one. */
function isElsewhere(hostname: string, page: PageAddress): boolean {
  return addressKind(hostname) === 'loopback' && !isOwnMachine(page);
}

const isOwnMachine = ({ hostname }: PageAddress): boolean =>
  addressKind(hostname) === 'loopback' || hostname.endsWith('.localhost');

/** Whether LiveKit was reached; undefined while that is not known. */
function hasSignal({ session, any }: Measurements): boolean | undefined {
  if (session === undefined) return undefined;
  if (isFailure(session)) return false;
  return any === undefined ? undefined : any.signalMs !== null;
}

/** Whether any way for media works. */
function someWay({ any, udp, tcp, relays }: Measurements): boolean {
  return [any, udp, tcp, ...(relays?.values() ?? [])].some((link) => link?.pair != null);
}

const factsOf = (link: Link): string[] => [
  ...(link.pair === null
    ? []
    : [
        `${link.pair.relayProtocol === undefined ? link.pair.type : `relay over ${link.pair.relayProtocol}`} → ${link.pair.remote}`,
      ]),
  ...link.offered.map(
    ({ protocol, address, port, type }) => `offered ${address}:${port}/${protocol} ${type}`,
  ),
  ...link.iceErrors,
  ...(link.failure === null ? [] : [link.failure.message]),
];

/** Direct media over UDP or TCP. */
export function directFinding(way: 'udp' | 'tcp', measured: Measurements): Finding {
  const signal = hasSignal(measured);
  if (signal === false) return skipped(NO_SIGNAL);
  const link = measured[way];
  if (signal === undefined || link === undefined) return WAITING;
  const facts = factsOf(link);
  const name = way.toUpperCase();
  if (link.pair?.protocol === way) {
    const trip = link.pair.rttMs === null ? '' : `, ${ms(link.pair.rttMs)} there and back`;
    return {
      state: 'ok',
      detail: `Sound and picture get through over ${name}: connected in ${ms(link.mediaMs ?? 0)}${trip}.`,
      facts,
    };
  }
  if (link.failure?.stage === 'signal') return skipped(NO_SIGNAL);
  if (link.pair !== null) {
    const detail = 'Could not be tested: the browser found another way all the same.';
    return { state: 'skipped', detail, facts };
  }
  const state = someWay(measured) ? 'warning' : 'failed';
  const offered = link.offered.filter(({ protocol }) => protocol === way);
  const without =
    way === 'udp'
      ? 'Sound and picture take a slower way and may stutter.'
      : 'Networks that block UDP will not get through.';
  if (offered.length === 0) {
    return {
      state,
      detail: `LiveKit offers no media over ${name}. ${without}`,
      cure: operator(
        way === 'udp'
          ? 'Set `rtc.udp_port: 7882` in livekit.yaml and open that port.'
          : 'Set `rtc.tcp_port: 7881` in livekit.yaml and open that port.',
      ),
      facts,
    };
  }
  const ports = [...new Set(offered.map(({ port }) => `${port}/${way}`))].join(', ');
  const unusable = onlyUnusable(offered, measured.page);
  return {
    state,
    detail: unusable
      ? `LiveKit tells browsers ${unusable}, which they cannot reach. ${without}`
      : `Nothing comes back from LiveKit’s port ${ports}. ${state === 'warning' ? without : ''}`.trim(),
    cure: unusable
      ? operator(
          'Give LiveKit its public address: `NODE_IP` in `.env` (compose), or `rtc.use_external_ip: true` in livekit.yaml.',
        )
      : operator(
          `Open ${ports} to the LiveKit server in its firewall, its router and its cloud’s network rules, and check that its advertised address (\`NODE_IP\`) is right; you: try another network or switch a VPN off.`,
        ),
    facts,
  };
}

/** What is wrong with all addresses offered, seen from a page that was opened from afar; empty when nothing is. */
function onlyUnusable(offered: readonly Candidate[], page: PageAddress | undefined): string {
  if (page === undefined || isOwnMachine(page)) return '';
  const kinds = new Set(offered.map(({ address }) => addressKind(address)));
  if (kinds.size !== 1) return '';
  if (kinds.has('loopback')) return 'an address of their own machine';
  const pageKind = addressKind(page.hostname);
  const isPagePublic =
    pageKind === 'public' || (pageKind === 'name' && page.hostname.includes('.'));
  return kinds.has('private') && isPagePublic && !page.hostname.endsWith('.local')
    ? 'a private address only'
    : '';
}

/** Relays. */
export function turnFinding(measured: Measurements): Finding {
  const signal = hasSignal(measured);
  if (signal === false) return skipped(NO_SIGNAL);
  const { any, relays, page } = measured;
  if (signal === undefined || any === undefined || relays === undefined) return WAITING;
  if (relays.size === 0) return noRelay(measured, page);
  const results = [...relays].map(([url, link]) => ({ url, link, works: link.pair !== null }));
  const facts = results.flatMap(({ url, link }) => [url, ...factsOf(link)]);
  const working = results.filter(({ works }) => works);
  const broken = results.filter(({ works }) => !works);
  const names = (list: readonly { url: string }[]): string =>
    [...new Set(list.map(({ url }) => relayName(url)))].join(' and ');
  if (broken.length > 0) {
    const state = someWay(measured) ? 'warning' : 'failed';
    const also = working.length > 0 ? `; the one over ${names(working)} works` : '';
    return {
      state,
      detail: `The relay over ${names(broken)} cannot be used${also}.`,
      cure: operator(relayCure(broken[0]?.url ?? '')),
      facts,
    };
  }
  const [fastest] = working.map(({ link }) => link.mediaMs ?? 0).sort((a, b) => a - b);
  const detail = `Relayed media gets through over ${names(working)}: connected in ${ms(fastest ?? 0)}.`;
  if (working.some(({ url }) => url.startsWith('turns:'))) return { state: 'ok', detail, facts };
  return {
    state: 'warning',
    detail: `${detail} Networks that allow nothing but https will not get through.`,
    cure: operator(`Offer the relay over TLS on port 443 too: ${TURN_DOCS}.`),
    facts,
  };
}

function noRelay(measured: Measurements, page: PageAddress | undefined): Finding {
  const cure = operator(`Set up LiveKit’s TURN over TLS on port 443: ${TURN_DOCS}.`);
  if (!someWay(measured)) {
    return {
      state: 'failed',
      detail: 'No relay is offered that could get around what blocks UDP and TCP here.',
      cure,
    };
  }
  if (page !== undefined && isOwnMachine(page)) {
    return {
      state: 'skipped',
      detail: 'No relay is set up; on one’s own machine none is needed, strict networks need one.',
      cure,
    };
  }
  return {
    state: 'warning',
    detail:
      'No relay is set up: visitors in strict networks (offices, hotels, some mobile) will fail.',
    cure,
  };
}

/** e.g. `TLS`. */
function relayName(url: string): string {
  if (url.startsWith('turns:')) return 'TLS';
  return url.includes('transport=tcp') ? 'TCP' : 'UDP';
}

function relayCure(url: string): string {
  const [, host = '', port = ''] = /^turns?:([^?]*?)(?::(\d+))?(?:\?|$)/.exec(url) ?? [];
  const where = `${port === '' ? (url.startsWith('turns:') ? '5349' : '3478') : port}/${relayName(url) === 'UDP' ? 'udp' : 'tcp'}`;
  return url.startsWith('turns:')
    ? `Check that ${host} leads to the TURN server, that ${where} is open, and that its certificate is valid for that name and from a public authority (self-signed ones are refused): ${TURN_DOCS}.`
    : `Check that ${host} leads to the TURN server and that ${where} and its relay ports are open: ${TURN_DOCS}.`;
}
