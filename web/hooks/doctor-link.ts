/**
 * One attempt to connect to LiveKit by one way only: UDP, TCP, or one relay. livekit-client's own checks ask the server
 * to switch a running session over instead, which cannot tell a blocked port from a slow one, and do not tell relays apart.
 * Here the browser itself is kept to the way: other candidates never reach it, so that no other way can help out.
 */
import { ConnectionError, ConnectionErrorReason, Room, RoomEvent } from 'livekit-client';
import {
  candidatesOf,
  parseCandidate,
  withoutCandidates,
  type Candidate,
} from './doctor-candidates.ts';
import type { Link, LinkFailure, SelectedPair } from './doctor-types.ts';

/** `any`: as a session does. A relay is named by its TURN address. */
export type Way = 'any' | 'udp' | 'tcp' | { readonly relay: string };

/** The WebSocket must be open by then, ms. */
const SIGNAL_TIMEOUT_MS = 8000;
/** Media normally connects within a second; a lost packet costs half of one, ms. */
const MEDIA_TIMEOUT_MS = 8000;
/** Round trip times come with the first connectivity checks, ms. */
const STATS_WAIT_MS = 600;

/** What the connections of one attempt were told. */
type Seen = {
  readonly connections: RTCPeerConnection[];
  readonly offered: Map<string, Candidate>;
  readonly relays: Set<string>;
  readonly errors: Set<string>;
};

/** Connect, look which way media takes, leave. Never throws. */
export async function tryLink(
  serverUrl: string,
  token: string,
  way: Way,
  signal: AbortSignal,
): Promise<Link> {
  const seen: Seen = {
    connections: [],
    offered: new Map(),
    relays: new Set(),
    errors: new Set(),
  };
  const room = new Room({
    disconnectOnPageLeave: true,
    reconnectPolicy: { nextRetryDelayInMs: () => null },
  });
  const leave = (): void => void room.disconnect();
  signal.addEventListener('abort', leave);
  const restore = replacePeerConnection(way, seen);
  const startedMs = performance.now();
  const times: { signalMs: number | null; mediaMs: number | null } = {
    signalMs: null,
    mediaMs: null,
  };
  room.once(RoomEvent.SignalConnected, () => {
    times.signalMs = performance.now() - startedMs;
  });
  let pair: SelectedPair | null = null;
  let failure: LinkFailure | null = null;
  try {
    await room.connect(serverUrl, token, {
      maxRetries: 0,
      websocketTimeout: SIGNAL_TIMEOUT_MS,
      peerConnectionTimeout: MEDIA_TIMEOUT_MS,
    });
    times.mediaMs = performance.now() - startedMs;
    pair = await selectedPair(seen.connections);
  } catch (thrown) {
    failure = linkFailure(thrown, times.signalMs === null ? 'signal' : 'media');
  } finally {
    restore();
    signal.removeEventListener('abort', leave);
    await room.disconnect();
  }
  const { offered, relays, errors } = seen;
  return {
    ...times,
    pair,
    offered: [...offered.values()],
    relays: [...relays],
    iceErrors: [...errors],
    failure,
  };
}

/** Why connecting failed. */
export function linkFailure(thrown: unknown, stage: LinkFailure['stage']): LinkFailure {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof ConnectionError) {
    if (thrown.reason === ConnectionErrorReason.NotAllowed)
      return { stage, kind: 'refused', message };
    if (thrown.reason === ConnectionErrorReason.Timeout) return { stage, kind: 'timeout', message };
    if (thrown.reason === ConnectionErrorReason.ServerUnreachable)
      return { stage, kind: 'unreachable', message };
    if (thrown.reason === ConnectionErrorReason.WebSocket)
      return { stage, kind: 'unreachable', message };
  }
  return { stage, kind: 'other', message };
}

/** Whether media may use an address under which the browser (or the server) can be reached. */
function allows(way: Way, candidate: Candidate | null): boolean {
  return way === 'udp' || way === 'tcp' ? candidate?.protocol === way : true;
}

/** STUN and TURN servers that belong to the way. */
function serversFor(way: Way, servers: readonly RTCIceServer[]): RTCIceServer[] {
  const kept = servers.map((server) => ({
    ...server,
    urls: [server.urls].flat().filter((url) => {
      if (way === 'any') return true;
      return typeof way === 'object' ? url === way.relay : url.startsWith('stun');
    }),
  }));
  return kept.filter(({ urls }) => urls.length > 0);
}

/** Put a connection that keeps to one way in the place of the browser's; returns what undoes it. */
function replacePeerConnection(way: Way, seen: Seen): () => void {
  const Native = globalThis.RTCPeerConnection;
  const configured = (configuration: RTCConfiguration = {}): RTCConfiguration => {
    const servers = configuration.iceServers ?? [];
    for (const url of servers.flatMap(({ urls }) => urls)) {
      if (url.startsWith('turn')) seen.relays.add(url);
    }
    return {
      ...configuration,
      iceServers: serversFor(way, servers),
      ...(typeof way === 'object' ? { iceTransportPolicy: 'relay' as const } : {}),
    };
  };
  const note = (candidate: Candidate): void => {
    seen.offered.set(`${candidate.protocol} ${candidate.address} ${candidate.port}`, candidate);
  };

  class KeptConnection extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configured(configuration));
      seen.connections.push(this);
      // Registered before livekit-client's own: what is stopped here is never told to the server.
      this.addEventListener('icecandidate', (event) => {
        const { candidate } = event;
        if (candidate === null || candidate.candidate === '') return;
        if (!allows(way, parseCandidate(candidate.candidate))) event.stopImmediatePropagation();
      });
      // An offer that is made later holds the addresses found until then.
      const offer = async (options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> => {
        const { type, sdp = '' } = await super.createOffer(options);
        return { type, sdp: withoutCandidates(sdp, (candidate) => allows(way, candidate)) };
      };
      Object.defineProperty(this, 'createOffer', { value: offer });
      this.addEventListener('icecandidateerror', ({ url, errorCode, errorText }) => {
        if (url !== '') seen.errors.add(`${url}: ${errorCode} ${errorText}`);
      });
    }

    override setConfiguration(configuration?: RTCConfiguration): void {
      super.setConfiguration(configured(configuration));
    }

    override async setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      const sdp = description.sdp ?? '';
      for (const candidate of candidatesOf(sdp)) note(candidate);
      const kept = withoutCandidates(sdp, (candidate) => allows(way, candidate));
      await super.setRemoteDescription({ type: description.type, sdp: kept });
    }

    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      const parsed = parseCandidate(candidate?.candidate ?? '');
      if (parsed !== null) note(parsed);
      if (parsed !== null && !allows(way, parsed)) return;
      await super.addIceCandidate(candidate ?? undefined);
    }
  }
  globalThis.RTCPeerConnection = KeptConnection;
  return () => {
    globalThis.RTCPeerConnection = Native;
  };
}

/** Fields of RTCIceCandidateStats that TypeScript's library lacks. */
type CandidateStats = {
  candidateType?: string;
  protocol?: string;
  relayProtocol?: string;
  address?: string;
  port?: number;
};

/** The way media takes on the first connection that is connected; null when the browser does not tell. */
export async function selectedPair(
  connections: readonly RTCPeerConnection[],
): Promise<SelectedPair | null> {
  const untilMs = performance.now() + STATS_WAIT_MS;
  let found: SelectedPair | null = null;
  do {
    for (const connection of connections) {
      if (connection.connectionState !== 'connected') continue;
      found = pairOf(await connection.getStats()) ?? found;
    }
    if (found !== null && found.rttMs !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  } while (performance.now() < untilMs);
  return found;
}

function pairOf(report: RTCStatsReport): SelectedPair | null {
  const all = [...report.values()] as (RTCStats & Record<string, unknown>)[];
  const transport = all.find(({ type }) => type === 'transport');
  const chosenId = transport?.['selectedCandidatePairId'];
  // Firefox has no transport statistics; there the pair itself is marked.
  const chosen = all.find(
    (stat) =>
      stat.type === 'candidate-pair' &&
      (chosenId === undefined ? stat['selected'] === true : stat.id === chosenId),
  ) as RTCIceCandidatePairStats | undefined;
  if (chosen === undefined) return null;
  const local = report.get(chosen.localCandidateId) as CandidateStats | undefined;
  const remote = report.get(chosen.remoteCandidateId) as CandidateStats | undefined;
  if (local === undefined) return null;
  const rttS = chosen.currentRoundTripTime;
  return {
    protocol: local.protocol === 'tcp' ? 'tcp' : 'udp',
    type: local.candidateType ?? '',
    relayProtocol: local.relayProtocol,
    remote: `${remote?.address ?? '?'}:${remote?.port ?? '?'}/${remote?.protocol ?? '?'}`,
    rttMs: rttS === undefined ? null : rttS * 1000,
  };
}
