/**
 * The one place of the page's server that reads the environment. Empty strings count as unset.
 * Read per request, so that a build needs no environment and a missing key is one clear answer.
 */
import { AvatarError } from '@live-avatar/agent/errors';

/** Addresses and secrets of the page's server. */
export type Settings = {
  /** ws:// or wss:// address at which this server reaches LiveKit. */
  readonly livekitUrl: string;
  /** Address that browsers use; undefined: derived from the request (public-livekit-url.ts). */
  readonly publicLivekitUrl: string | undefined;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Base address of the agent's HTTP API, without a trailing slash. */
  readonly agentUrl: string;
  /** Name under which agents register at LiveKit. */
  readonly agentName: string;
};

const read = (name: string): string | undefined => {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
};

/** Address of LiveKit for this server; has a default, so that health and CSP never fail. */
export function readLivekitUrl(): string {
  return read('LIVEKIT_URL') ?? 'ws://127.0.0.1:7880';
}

/** Address of LiveKit for browsers, when it is set by hand. */
export function readPublicLivekitUrl(): string | undefined {
  return read('PUBLIC_LIVEKIT_URL');
}

/** Base address of the agent's HTTP API. */
export function readAgentUrl(): string {
  return (read('AGENT_URL') ?? 'http://127.0.0.1:8090').replace(/\/+$/, '');
}

/** Whether the page runs under `next dev` (its scripts need a looser policy). */
export function isDevelopment(): boolean {
  return process.env.NODE_ENV === 'development';
}

/** Read everything. @throws AvatarError CONFIG_INVALID naming every missing variable. */
export function readSettings(): Settings {
  const apiKey = read('LIVEKIT_API_KEY');
  const apiSecret = read('LIVEKIT_API_SECRET');
  if (apiKey === undefined || apiSecret === undefined) {
    const missing = [
      apiKey === undefined ? 'LIVEKIT_API_KEY' : '',
      apiSecret === undefined ? 'LIVEKIT_API_SECRET' : '',
    ].filter((name) => name !== '');
    throw new AvatarError(
      'CONFIG_INVALID',
      `The page's server lacks ${missing.join(' and ')}. Start everything with \`npm start\`, or set the same keys as the LiveKit server.`,
    );
  }
  return {
    livekitUrl: readLivekitUrl(),
    publicLivekitUrl: readPublicLivekitUrl(),
    apiKey,
    apiSecret,
    agentUrl: readAgentUrl(),
    agentName: read('AGENT_NAME') ?? 'avatar',
  };
}
