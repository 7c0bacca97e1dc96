/**
 * Which LiveKit address a browser should use. The server often knows LiveKit by a private name
 * (127.0.0.1, a compose service); a phone on the network needs the name it opened the page with.
 */

/** What is known about the request: its Host header and whether the browser speaks TLS to us. */
export type RequestOrigin = {
  /** Host header, e.g. `192.168.1.5:3000` or `[::1]:3000`; null when absent. */
  readonly host: string | null;
  /** Protocol the browser used. */
  readonly secure: boolean;
};

/**
 * The ws:// or wss:// address for browsers.
 * An address set by hand wins; a wss:// server address is public already; else: host of the request, port of LiveKit.
 */
export function publicLivekitUrl(
  configured: string | undefined,
  livekitUrl: string,
  { host, secure }: RequestOrigin,
): string {
  if (configured !== undefined) return configured;
  const server = parseUrl(livekitUrl);
  if (server === null || server.protocol === 'wss:' || server.protocol === 'https:') {
    return livekitUrl.replace(/^http/, 'ws');
  }
  const requested = host === null ? null : parseUrl(`http://${host}`);
  const hostname = requested?.hostname ?? server.hostname;
  return `${secure ? 'wss' : 'ws'}://${hostname}:${server.port === '' ? '7880' : server.port}`;
}

/** Read host and protocol of a request, honouring a reverse proxy's X-Forwarded-Proto. */
export function requestOrigin(headers: Headers, url: string): RequestOrigin {
  const forwarded = headers.get('x-forwarded-proto')?.split(',')[0]?.trim();
  return {
    host: headers.get('host'),
    secure: (forwarded ?? parseUrl(url)?.protocol.replace(':', '')) === 'https',
  };
}

function parseUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
