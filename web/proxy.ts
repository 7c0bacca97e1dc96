import { NextResponse, type NextRequest } from 'next/server';
import { publicLivekitUrl, requestOrigin } from './server/public-livekit-url.ts';
import { contentSecurityPolicy, STATIC_SECURITY_HEADERS } from './server/security-headers.ts';
import { isDevelopment, readLivekitUrl, readPublicLivekitUrl } from './server/settings.ts';

/** Give every page answer its security headers, with a fresh nonce for the framework's scripts. */
export function proxy(request: NextRequest): NextResponse {
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(
    nonce,
    publicLivekitUrl(
      readPublicLivekitUrl(),
      readLivekitUrl(),
      requestOrigin(request.headers, request.url),
    ),
    isDevelopment(),
  );
  const headers = new Headers(request.headers);
  // The framework reads the nonce from this request header.
  headers.set('Content-Security-Policy', policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set('Content-Security-Policy', policy);
  for (const [name, value] of Object.entries(STATIC_SECURITY_HEADERS)) {
    response.headers.set(name, value);
  }
  return response;
}

export const config = { matcher: ['/((?!_next/static|_next/image|icon.svg).*)'] };
