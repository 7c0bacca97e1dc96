/** What the self-test looks at, what it measures, and what a line of it says. */
import type { Clocks } from '../server/doctor-contract.ts';
import type { Candidate } from './doctor-candidates.ts';

/** Every line, in the order in which a connection needs them. */
export const CHECKS = {
  browser: 'Browser',
  secure: 'Secure address',
  microphone: 'Microphone',
  service: 'Avatar service',
  clock: 'Clocks',
  signal: 'Connection to LiveKit',
  udp: 'Direct media (UDP)',
  tcp: 'Media without UDP (TCP)',
  turn: 'Relay for strict networks (TURN)',
  codec: 'Picture (codec)',
  line: 'Line quality',
} as const;

export type CheckId = keyof typeof CHECKS;
export const CHECK_IDS = Object.keys(CHECKS) as readonly CheckId[];

/** `skipped`: could not be tested, because something before it failed, or needs no test here. */
export type CheckState = 'waiting' | 'running' | 'ok' | 'warning' | 'failed' | 'skipped';

/** Result of one check. */
export type Finding = {
  readonly state: CheckState;
  /** What was found, one sentence. */
  readonly detail: string;
  /** What to do, one sentence, and who can. `operator`: whoever runs the service. */
  readonly cure?: { readonly by: 'you' | 'operator'; readonly text: string };
  /** Measured facts for those who know them; may hold addresses. */
  readonly facts?: readonly string[];
};
export type Findings = Readonly<Record<CheckId, Finding>>;

export type BrowserFacts = {
  /** e.g. `Chrome 131 on Linux`. */
  readonly name: string;
  /** Without these no session works. */
  readonly missing: readonly string[];
  readonly codecs: readonly string[];
};

/** How the page was opened, as `location` has it. */
export type PageAddress = {
  readonly secureContext: boolean;
  readonly protocol: string;
  readonly hostname: string;
};

/** A call of one of the page's routes that failed. `status` 0: no answer. */
export type CallFailure = {
  readonly status: number;
  readonly code: string;
  readonly message: string;
};

export type ServiceFacts = {
  readonly answerMs: number;
  /** Whether the page's server reaches LiveKit. */
  readonly livekitReachable: boolean;
  /** Seats; null for guests, who are not told. */
  readonly agent: { readonly free: number; readonly max: number } | CallFailure | null;
  readonly avatars: {
    readonly ready: number;
    readonly preparing: number;
    readonly failed: number;
  };
};

/** The browser's clock against the servers'. */
export type ClockFacts = Clocks & {
  /** Positive: this device is ahead of the page's server. */
  readonly browserAheadMs: number;
};

/** The pair of addresses that media takes. */
export type SelectedPair = {
  readonly protocol: 'udp' | 'tcp';
  /** Type of the browser's end: host, srflx, prflx, relay. */
  readonly type: string;
  /** How the relay is reached: udp, tcp, tls. */
  readonly relayProtocol?: string | undefined;
  readonly remote: string;
  readonly rttMs: number | null;
};

/** Why a connection failed. `stage`: the WebSocket, or the way of the media after it. */
export type LinkFailure = {
  readonly stage: 'signal' | 'media';
  /** `refused`: LiveKit did not accept the token. `blocked`: the browser did not even try. */
  readonly kind: 'refused' | 'unreachable' | 'timeout' | 'blocked' | 'other';
  readonly message: string;
};

/** One attempt to connect to LiveKit. */
export type Link = {
  readonly signalMs: number | null;
  readonly mediaMs: number | null;
  readonly pair: SelectedPair | null;
  /** Addresses at which the server offered media. */
  readonly offered: readonly Candidate[];
  /** TURN addresses the server handed out, e.g. `turns:turn.example.org:443?transport=tcp`. */
  readonly relays: readonly string[];
  /** What the browser reported of STUN and TURN servers. */
  readonly iceErrors: readonly string[];
  readonly failure: LinkFailure | null;
};

/** A test picture sent to LiveKit and received back. */
export type MediaFacts = {
  readonly framesDecoded: number;
  readonly bytesReceived: number;
  readonly seconds: number;
  readonly fps: number;
  readonly kbitPerS: number;
  readonly widthPx: number;
  /** e.g. `VP8`. */
  readonly codec: string;
  readonly lossUpRatio: number | null;
  readonly lossDownRatio: number;
  readonly jitterMs: number;
  readonly rttMs: number | null;
  /** The page was in the background for a while, where browsers slow everything down. */
  readonly wasHidden: boolean;
};

/** What is known so far; a part that is undefined was not measured yet. */
export type Measurements = {
  readonly page?: PageAddress;
  readonly browser?: BrowserFacts;
  readonly service?: ServiceFacts | CallFailure;
  readonly clock?: ClockFacts | CallFailure;
  /** The room for the test, or why there is none. */
  readonly session?: { readonly serverUrl: string } | CallFailure;
  /** Whether anything answers plain http at LiveKit's address; asked when the WebSocket failed. */
  readonly livekitAnswersHttp?: boolean;
  /** However the browser likes, as in a session. */
  readonly any?: Link;
  readonly udp?: Link;
  readonly tcp?: Link;
  /** By TURN address. */
  readonly relays?: ReadonlyMap<string, Link>;
  readonly media?: MediaFacts | LinkFailure;
};

/** Whether a measurement is the reason why there is none. */
export function isFailure(value: object): value is CallFailure {
  return 'code' in value && 'status' in value;
}
