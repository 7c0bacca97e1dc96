/** Who may use the page's API: the settings of the four modes, read strictly. Only settings.ts hands in the environment. */
import { AvatarError } from '@live-avatar/agent/errors';
import { AddressSet, isLoopbackHost } from './address-set.ts';
import { parseApiKeys, type ApiKey } from './api-keys.ts';
import { cookieKey, MIN_PASSCODE_LENGTH, type PasscodeSettings } from './passcode.ts';

/** How callers prove that they may use the service. */
export type Access =
  /** Everybody at this machine. `checkPeer`: connections must come from it; false where a container publishes the port. */
  | { readonly mode: 'open'; readonly checkPeer: boolean }
  | ({ readonly mode: 'passcode' } & PasscodeSettings)
  | { readonly mode: 'api-key'; readonly keys: readonly ApiKey[] }
  /** A reverse proxy signs people in and names them in a header. */
  | { readonly mode: 'proxy'; readonly userHeader: string; readonly trusted: AddressSet };

/** What the environment says, unread. Undefined: unset. */
export type AccessEnvironment = {
  readonly mode: string | undefined;
  readonly passcode: string | undefined;
  readonly apiKeys: string | undefined;
  readonly userHeader: string | undefined;
  readonly trustedProxies: string | undefined;
  readonly publicUrl: string | undefined;
  /** Address on which a container's port is published (BIND_ADDRESS). */
  readonly publishedAddress: string | undefined;
  /** Address this server listens on (HOSTNAME). */
  readonly listenAddress: string | undefined;
  /** The LiveKit API secret; the cookie's key derives from it. */
  readonly serverSecret: string | undefined;
};

const MODES = ['open', 'passcode', 'api-key', 'proxy'] as const;
/** Default of ACCESS_USER_HEADER: what oauth2-proxy and most others send. */
const USER_HEADER = 'x-forwarded-user';

const invalid = (message: string, cause?: unknown): AvatarError =>
  new AvatarError('CONFIG_INVALID', message, { cause });

/** Read the settings of the chosen mode. @throws AvatarError CONFIG_INVALID naming variable and cure, never a secret. */
export function parseAccess(environment: AccessEnvironment): Access {
  const mode = MODES.find((known) => known === (environment.mode ?? 'open'));
  switch (mode) {
    case 'open':
      return { mode, checkPeer: environment.publishedAddress === undefined };
    case 'passcode':
      return { mode, ...passcodeSettings(environment) };
    case 'api-key':
      return { mode, keys: apiKeySettings(environment.apiKeys) };
    case 'proxy':
      return { mode, ...proxySettings(environment) };
    case undefined:
      throw invalid(`ACCESS_MODE is "${environment.mode}"; it must be one of ${MODES.join(', ')}.`);
  }
}

/** Reverse proxies whose X-Forwarded-For and user header are believed; none by default. */
export function parseTrustedProxies(text: string | undefined): AddressSet {
  try {
    return AddressSet.parse(text ?? '');
  } catch (error) {
    throw invalid(`TRUSTED_PROXIES: ${(error as Error).message}.`, error);
  }
}

/**
 * Why this server must not start as it is set up; undefined when it may.
 * Mode `open` is for one machine: a public address needs one of the other modes.
 */
export function exposureProblem(environment: AccessEnvironment): string | undefined {
  if ((environment.mode ?? 'open') !== 'open') return undefined;
  const { publishedAddress, listenAddress, publicUrl } = environment;
  const bound = publishedAddress ?? listenAddress ?? '0.0.0.0';
  const exposed = !isLoopbackHost(bound)
    ? `the page listens on ${bound}${publishedAddress === undefined ? '' : ' (BIND_ADDRESS)'}`
    : publicUrl !== undefined && !isLoopbackHost(hostOf(publicUrl))
      ? `PUBLIC_URL is ${publicUrl}`
      : undefined;
  if (exposed === undefined) return undefined;
  return (
    `ACCESS_MODE is open, which is for this machine only, but ${exposed}: anybody could use the service. ` +
    'Set ACCESS_MODE=passcode and ACCESS_PASSCODE (at least 8 characters), or api-key or proxy ' +
    '(docs/security.md), or listen on 127.0.0.1.'
  );
}

/** Host name of PUBLIC_URL. @throws AvatarError CONFIG_INVALID when it is no http(s) address */
function hostOf(publicUrl: string): string {
  return parsePublicUrl(publicUrl).hostname;
}

/** PUBLIC_URL as a URL. @throws AvatarError CONFIG_INVALID when it is no http(s) address */
export function parsePublicUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw invalid(`PUBLIC_URL is "${text}"; it must be like https://avatars.example.org.`);
  }
  return url;
}

function passcodeSettings({ passcode, serverSecret }: AccessEnvironment): PasscodeSettings {
  if (passcode === undefined || passcode.length < MIN_PASSCODE_LENGTH) {
    throw invalid(
      `ACCESS_MODE=passcode needs ACCESS_PASSCODE (or ACCESS_PASSCODE_FILE) of at least ${MIN_PASSCODE_LENGTH} characters, ` +
        `got ${passcode === undefined ? 'none' : passcode.length}.`,
    );
  }
  if (serverSecret === undefined) {
    throw invalid(
      "The page's server lacks LIVEKIT_API_SECRET, from which the cookie's key derives.",
    );
  }
  return { passcode, key: cookieKey(serverSecret, passcode) };
}

function apiKeySettings(text: string | undefined): ApiKey[] {
  let keys: ApiKey[];
  try {
    keys = parseApiKeys(text ?? '');
  } catch (error) {
    throw invalid(`ACCESS_API_KEYS: ${(error as Error).message}.`, error);
  }
  if (keys.length > 0) return keys;
  throw invalid(
    'ACCESS_MODE=api-key needs ACCESS_API_KEYS or ACCESS_API_KEYS_FILE; make an entry with `node tools/new-api-key.mjs NAME`.',
  );
}

function proxySettings({ userHeader = USER_HEADER, trustedProxies }: AccessEnvironment): {
  userHeader: string;
  trusted: AddressSet;
} {
  if (trustedProxies === undefined) {
    throw invalid(
      'ACCESS_MODE=proxy needs TRUSTED_PROXIES: the addresses of the reverse proxy, for example 127.0.0.1 or 10.0.0.0/8.',
    );
  }
  if (!/^[a-z0-9-]{1,64}$/i.test(userHeader)) {
    throw invalid(`ACCESS_USER_HEADER is "${userHeader}"; it must be the name of a header.`);
  }
  return { userHeader, trusted: parseTrustedProxies(trustedProxies) };
}
