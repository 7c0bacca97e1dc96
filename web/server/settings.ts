/**
 * The one place of the page's server that reads the environment. Empty strings count as unset.
 * Read per request, so that a build needs no environment and a missing key is one clear answer.
 */
import { AvatarError } from '@live-avatar/agent/errors';
import { readFileSync } from 'node:fs';
import {
  parseAccess,
  parsePublicUrl,
  parseTrustedProxies,
  type Access,
  type AccessEnvironment,
} from './access-settings.ts';
import type { AddressSet } from './address-set.ts';
import { parseOrigins } from './cors.ts';
import type { MetricsAddress } from './metrics-server.ts';
import { parseRecording, type RecordingSettings } from './recording-settings.ts';

/** Addresses and secrets of the page's server. */
export type Settings = {
  /** ws:// or wss:// address at which this server reaches LiveKit. */
  readonly livekitUrl: string;
  /** Address that browsers use; undefined: derived from the request (public-livekit-url.ts). */
  readonly publicLivekitUrl: string | undefined;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** Base addresses of the agents' HTTP APIs, separated by commas (agent-addresses.ts). */
  readonly agentUrl: string;
};

const read = (name: string): string | undefined => {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
};

/** A secret: the variable itself, or the file that `NAME_FILE` names (container secrets). */
const readSecret = (name: string): string | undefined => {
  const path = read(`${name}_FILE`);
  if (path === undefined) return read(name);
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? undefined : text;
  } catch (cause) {
    throw new AvatarError('CONFIG_INVALID', `${name}_FILE: ${path} cannot be read.`, { cause });
  }
};

/** Everything that decides who may use the API, as the environment has it. @throws AvatarError CONFIG_INVALID */
export function readAccessEnvironment(): AccessEnvironment {
  return {
    mode: read('ACCESS_MODE'),
    passcode: readSecret('ACCESS_PASSCODE'),
    apiKeys: readSecret('ACCESS_API_KEYS'),
    userHeader: read('ACCESS_USER_HEADER'),
    trustedProxies: read('TRUSTED_PROXIES'),
    publicUrl: read('PUBLIC_URL'),
    publishedAddress: read('BIND_ADDRESS'),
    // Under `next dev` nobody sets it; requests from elsewhere are refused one by one then.
    listenAddress: read('HOSTNAME') ?? (isDevelopment() ? '127.0.0.1' : undefined),
    serverSecret: read('LIVEKIT_API_SECRET'),
  };
}

/** Who may use the API. @throws AvatarError CONFIG_INVALID */
export function readAccess(): Access {
  return parseAccess(readAccessEnvironment());
}

/** Reverse proxies in front of the page; none unless named. @throws AvatarError CONFIG_INVALID */
export function readTrustedProxies(): AddressSet {
  return parseTrustedProxies(read('TRUSTED_PROXIES'));
}

/** Origins of other sites whose scripts may call the API; none unless named. @throws AvatarError CONFIG_INVALID */
export function readCorsOrigins(): ReadonlySet<string> {
  return parseOrigins(read('CORS_ORIGINS'));
}

/** Where Prometheus finds the page's metrics; nowhere unless METRICS_PORT is set. @throws AvatarError CONFIG_INVALID */
export function readMetricsAddress(): MetricsAddress | undefined {
  const text = read('METRICS_PORT');
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new AvatarError(
      'CONFIG_INVALID',
      `METRICS_PORT must be a port number, got "${text}". Leave it out for no metrics.`,
    );
  }
  return { host: read('METRICS_HOST') ?? '127.0.0.1', port };
}

/** Whether people open the page over https, as far as the settings tell. @throws AvatarError CONFIG_INVALID */
export function isPublicUrlSecure(): boolean {
  const url = read('PUBLIC_URL');
  return url !== undefined && parsePublicUrl(url).protocol === 'https:';
}

/** People one room may hold. */
const ROOM_PEOPLE = { least: 1, most: 12, usual: 6 } as const;

/** How many people, each with an avatar, fit into a room. @throws AvatarError CONFIG_INVALID */
export function readMaxPeople(): number {
  const text = read('ROOM_MAX_PEOPLE');
  if (text === undefined) return ROOM_PEOPLE.usual;
  const { least, most } = ROOM_PEOPLE;
  const people = Number(text);
  if (Number.isInteger(people) && people >= least && people <= most) return people;
  throw new AvatarError(
    'CONFIG_INVALID',
    `ROOM_MAX_PEOPLE is "${text}"; it must be a whole number of ${least} to ${most}.`,
  );
}

/** Values that must never be printed. */
export function readSecretValues(): string[] {
  const names = ['LIVEKIT_API_SECRET', 'ACCESS_PASSCODE'];
  return names.map(readSecret).filter((value) => value !== undefined);
}

/** Address of LiveKit for this server; has a default, so that health and CSP never fail. */
export function readLivekitUrl(): string {
  return read('LIVEKIT_URL') ?? 'ws://127.0.0.1:7880';
}

/** Address of LiveKit for browsers, when it is set by hand. */
export function readPublicLivekitUrl(): string | undefined {
  return read('PUBLIC_LIVEKIT_URL');
}

/** Base addresses of the agents' HTTP APIs, separated by commas (agent-addresses.ts). */
export function readAgentUrl(): string {
  return read('AGENT_URL') ?? 'http://127.0.0.1:8090';
}

/** Whether and how people may record; undefined: not at all. @throws AvatarError CONFIG_INVALID */
export function readRecording(): RecordingSettings | undefined {
  return parseRecording({
    recording: read('RECORDING'),
    folder: read('RECORDING_FOLDER'),
    maxMinutes: read('RECORDING_MAX_MINUTES'),
    viewUrl: read('RECORDING_VIEW_URL'),
  });
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
  };
}
