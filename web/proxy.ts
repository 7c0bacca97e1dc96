import { NextResponse, type NextRequest } from 'next/server';
import { corsHeaders, preflightResponse } from './server/cors.ts';
import { publicLivekitUrl, requestOrigin } from './server/public-livekit-url.ts';
import {
  contentSecurityPolicy,
  HTTPS_HEADERS,
  STATIC_SECURITY_HEADERS,
} from './server/security-headers.ts';
import {
  isDevelopment,
  isPublicUrlSecure,
  readCorsOrigins,
  readLivekitUrl,
  readPublicLivekitUrl,
} from './server/settings.ts';

/** Give every answer its security headers, with a fresh nonce for the framework's scripts, and the API its CORS ones. */
export function proxy(request: NextRequest): Response {
  const isApi = request.nextUrl.pathname.startsWith('/api/');
  const origins = readCorsOrigins();
  const preflight = isApi ? preflightResponse(origins, request) : null;
  if (preflight !== null) return preflight;
  const nonce = btoa(crypto.randomUUID());
  const policy = contentSecurityPolicy(
    nonce,
    // The recorder's browser is in the network of the servers.
    request.nextUrl.pathname === '/recording-view'
      ? readLivekitUrl()
      : publicLivekitUrl(
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
  const answers = {
    ...STATIC_SECURITY_HEADERS,
    ...(isPublicUrlSecure() ? HTTPS_HEADERS : {}),
    ...(isApi ? corsHeaders(origins, request.headers.get('origin')) : {}),
  };
  for (const [name, value] of Object.entries(answers)) response.headers.set(name, value);
  return response;
}

export const config = { matcher: ['/((?!_next/static|_next/image|icon.svg).*)'] };
