/**
 * The one place of the agent that reads the environment. Empty strings count as unset.
 * Environment is for secrets and addresses only; everything else is in configs/realtime.yaml.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { AvatarError } from '../errors.ts';

/** Addresses, secrets and places of one agent process. */
export type Env = {
  /** ws:// or wss:// address of the LiveKit server. */
  readonly livekitUrl: string;
  readonly livekitApiKey: string;
  readonly livekitApiSecret: string;
  /** Path of realtime.yaml. */
  readonly configPath: string;
  /** Bind address and port of the agent's HTTP API. */
  readonly httpHost: string;
  readonly httpPort: number;
  /** Unix socket of the engine. Unset: the engine makes a private place and tells its job processes. */
  readonly engineSocketPath: string | undefined;
  /** Folder of model packs. */
  readonly modelsDir: string;
  /** Folders searched for prepared bundles, in order; the last one is written to. */
  readonly bundleDirs: readonly string[];
  readonly logLevel: string;
  /** File that gets every log line too, and the size at which it is rotated. */
  readonly logFile: { readonly path: string; readonly maxBytes: number } | undefined;
  /** Whether OpenTelemetry's own variables name a place for traces. */
  readonly sendsTraces: boolean;
};

const read = (name: string): string | undefined => {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
};

/** Read everything except the LiveKit secrets (offline commands need none). */
export function readLocalEnv(): Omit<Env, 'livekitUrl' | 'livekitApiKey' | 'livekitApiSecret'> {
  const port = Number(read('AVATAR_HTTP_PORT') ?? 8090);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new AvatarError(
      'CONFIG_INVALID',
      `AVATAR_HTTP_PORT must be a port number, got "${read('AVATAR_HTTP_PORT') ?? ''}"`,
    );
  }
  return {
    configPath: read('AVATAR_CONFIG') ?? 'configs/realtime.yaml',
    httpHost: read('AVATAR_HTTP_HOST') ?? '127.0.0.1',
    httpPort: port,
    engineSocketPath: read('AVATAR_ENGINE_SOCKET'),
    modelsDir: read('AVATAR_MODELS_DIR') ?? 'models',
    bundleDirs: [
      read('AVATAR_SHIPPED_DIR') ?? 'avatars',
      read('AVATAR_CACHE_DIR') ?? '.cache/avatars',
    ],
    logLevel: read('LOG_LEVEL') ?? 'info',
    logFile: readLogFile(),
    sendsTraces:
      read('OTEL_SDK_DISABLED') !== 'true' &&
      (read('OTEL_EXPORTER_OTLP_ENDPOINT') ?? read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')) !==
        undefined,
  };
}

function readLogFile(): Env['logFile'] {
  const path = read('LOG_FILE');
  const text = read('LOG_FILE_MAX_MB') ?? '50';
  const megabytes = Number(text);
  if (megabytes >= 1 && megabytes <= 100_000) {
    return path === undefined ? undefined : { path, maxBytes: megabytes * 1e6 };
  }
  throw new AvatarError(
    'CONFIG_INVALID',
    `LOG_FILE_MAX_MB must be 1 … 100000 (megabytes before a new file is begun), got "${text}"`,
  );
}

/** Read the whole environment. @throws AvatarError CONFIG_INVALID naming every missing variable. */
export function readEnv(): Env {
  const livekitUrl = read('LIVEKIT_URL');
  const livekitApiKey = read('LIVEKIT_API_KEY');
  const livekitApiSecret = read('LIVEKIT_API_SECRET');
  if (!livekitUrl || !livekitApiKey || !livekitApiSecret) {
    const missing = Object.entries({
      LIVEKIT_URL: livekitUrl,
      LIVEKIT_API_KEY: livekitApiKey,
      LIVEKIT_API_SECRET: livekitApiSecret,
    })
      .filter(([, value]) => !value)
      .map(([name]) => name);
    throw new AvatarError(
      'CONFIG_INVALID',
      `missing environment: ${missing.join(', ')}; \`npm start\` sets them, or copy .env.example to .env`,
    );
  }
  return { ...readLocalEnv(), livekitUrl, livekitApiKey, livekitApiSecret };
}

/** Tell child processes (jobs inherit the environment) where the engine listens. */
export function exportEngineSocket(path: string): void {
  process.env['AVATAR_ENGINE_SOCKET'] = path;
}

/**
 * Folder for what every clone of this user shares (Python environments, downloads); not made here. The same place as
 * tools/start/paths.mjs uses: LIVE_AVATAR_CACHE, or the platform's cache folder.
 */
export function readUserCacheDir(): string {
  const named = read('LIVE_AVATAR_CACHE');
  if (named) return named;
  const xdg = read('XDG_CACHE_HOME');
  if (xdg) return join(xdg, 'live-avatar');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'live-avatar');
  const local = read('LOCALAPPDATA');
  if (process.platform === 'win32' && local) return join(local, 'live-avatar');
  return join(homedir(), '.cache', 'live-avatar');
}
