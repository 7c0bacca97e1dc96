/** Which other sites' scripts may call the API. None unless named; never with cookies. */
import { AvatarError } from '@live-avatar/agent/errors';

const METHODS = 'GET, POST';
const REQUEST_HEADERS = 'Authorization, Content-Type';
/** How long browsers may remember a preflight, seconds. */
const PREFLIGHT_TTL_S = 600;

/** Read a list of exact origins. @throws AvatarError CONFIG_INVALID naming what is none (also `*`) */
export function parseOrigins(text: string | undefined): ReadonlySet<string> {
  const entries = (text ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  for (const entry of entries) {
    const origin = URL.canParse(entry) ? new URL(entry).origin : undefined;
    if (origin !== entry || !/^https?:/.test(entry)) {
      throw new AvatarError(
        'CONFIG_INVALID',
        `CORS_ORIGINS: "${entry}" is not an origin like https://www.example.org (no path, no *).`,
      );
    }
  }
  return new Set(entries);
}

/** Headers that let an allowed site read the answer; only Vary for everybody else. */
export function corsHeaders(
  allowed: ReadonlySet<string>,
  origin: string | null,
): Record<string, string> {
  if (allowed.size === 0) return {};
  if (origin === null || !allowed.has(origin)) return { Vary: 'Origin' };
  return { Vary: 'Origin', 'Access-Control-Allow-Origin': origin };
}

/** Answer to a preflight; null when the request is none. A site that is not allowed gets 403. */
export function preflightResponse(
  allowed: ReadonlySet<string>,
  { method, headers }: { readonly method: string; readonly headers: Headers },
): Response | null {
  if (method !== 'OPTIONS' || !headers.has('access-control-request-method')) return null;
  const origin = headers.get('origin');
  const answer = corsHeaders(allowed, origin);
  if (origin === null || !allowed.has(origin)) {
    return new Response(null, { status: 403, headers: answer });
  }
  return new Response(null, {
    status: 204,
    headers: {
      ...answer,
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': REQUEST_HEADERS,
      'Access-Control-Max-Age': String(PREFLIGHT_TTL_S),
    },
  });
}
