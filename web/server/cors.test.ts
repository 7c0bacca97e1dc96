import { expect, test } from 'vitest';
import { corsHeaders, parseOrigins, preflightResponse } from './cors.ts';

const shop = 'https://shop.example.org';
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: new Headers({ origin, 'access-control-request-method': 'POST' }),
});

test('without a list no other site is let in', () => {
  const nobody = parseOrigins(undefined);
  expect(corsHeaders(nobody, shop)).toEqual({});
  expect(preflightResponse(nobody, preflight(shop))?.status).toBe(403);
});

test('a named site may call, without cookies; a similar one may not', () => {
  const allowed = parseOrigins(`${shop}, http://localhost:5173`);
  expect(corsHeaders(allowed, shop)).toEqual({
    Vary: 'Origin',
    'Access-Control-Allow-Origin': shop,
  });
  const answer = preflightResponse(allowed, preflight(shop));
  expect(answer?.status).toBe(204);
  expect(answer?.headers.get('access-control-allow-headers')).toContain('Authorization');
  expect(answer?.headers.has('access-control-allow-credentials')).toBe(false);
  for (const origin of [`${shop}.evil.org`, 'http://shop.example.org', 'null']) {
    expect(corsHeaders(allowed, origin)).toEqual({ Vary: 'Origin' });
    expect(preflightResponse(allowed, preflight(origin))?.status).toBe(403);
  }
});

test('other requests are no preflights', () => {
  expect(preflightResponse(new Set(), { method: 'POST', headers: new Headers() })).toBeNull();
  expect(preflightResponse(new Set(), { method: 'OPTIONS', headers: new Headers() })).toBeNull();
});

test.each(['*', 'shop.example.org', `${shop}/`, `${shop}/path`, 'null', 'file:///'])(
  '%s is refused as an origin',
  (entry) => {
    expect(() => parseOrigins(entry)).toThrow(/CORS_ORIGINS.*is not an origin/);
  },
);
