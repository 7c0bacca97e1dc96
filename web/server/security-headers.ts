/** Security headers of every page answer. The policy allows this origin and the LiveKit server, nothing else. */

/**
 * Content-Security-Policy for one answer.
 * `livekitUrl` is the browser's ws:// address; the client also asks its http:// form why a connection failed.
 */
export function contentSecurityPolicy(
  nonce: string,
  livekitUrl: string,
  development: boolean,
): string {
  const http = livekitUrl.replace(/^ws/, 'http');
  return [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    // React writes style attributes for sizes and levels.
    `style-src 'self' 'unsafe-inline'`,
    `img-src 'self' data: blob:`,
    `media-src 'self' blob:`,
    `connect-src 'self' ${livekitUrl} ${http}${development ? ' ws:' : ''}`,
    `worker-src 'self' blob:`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'self'`,
  ].join('; ');
}

/** Headers that do not depend on the request. */
export const STATIC_SECURITY_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'microphone=(self), camera=(), geolocation=(), display-capture=()',
} as const;

/** What a server that people reach over https adds: browsers stay with https for a year. */
export const HTTPS_HEADERS = { 'Strict-Transport-Security': 'max-age=31536000' } as const;
