import { expect, test } from 'vitest';
import { publicLivekitUrl, requestOrigin } from './public-livekit-url.ts';

const plain = (host: string | null) => ({ host, secure: false });

test.each([
  [
    'an address set by hand wins',
    'wss://rtc.example.org',
    'ws://livekit:7880',
    'a.example',
    'wss://rtc.example.org',
  ],
  [
    'a phone gets the name it opened the page with',
    undefined,
    'ws://127.0.0.1:7880',
    '192.168.1.5:3000',
    'ws://192.168.1.5:7880',
  ],
  [
    'the port of the server is kept',
    undefined,
    'ws://127.0.0.1:19880',
    'localhost:3000',
    'ws://localhost:19880',
  ],
  ['without a port it is 7880', undefined, 'ws://livekit', 'localhost', 'ws://localhost:7880'],
  ['IPv6 keeps its brackets', undefined, 'ws://127.0.0.1:7880', '[::1]:3000', 'ws://[::1]:7880'],
  [
    'a TLS server is public already',
    undefined,
    'wss://cloud.example.org',
    'localhost:3000',
    'wss://cloud.example.org',
  ],
  [
    'without a Host header the server’s own name is used',
    undefined,
    'ws://127.0.0.1:7880',
    null,
    'ws://127.0.0.1:7880',
  ],
  [
    'a malformed Host header is ignored',
    undefined,
    'ws://127.0.0.1:7880',
    'a b;c',
    'ws://127.0.0.1:7880',
  ],
])('%s', (_name, configured, server, host, expected) => {
  expect(publicLivekitUrl(configured, server, plain(host))).toBe(expected);
});

test('behind HTTPS the address is wss, also when a proxy ends the TLS', () => {
  const headers = new Headers({ host: 'talk.example.org', 'x-forwarded-proto': 'https,http' });
  const origin = requestOrigin(headers, 'http://127.0.0.1:3000/');
  expect(origin).toEqual({ host: 'talk.example.org', secure: true });
  expect(publicLivekitUrl(undefined, 'ws://livekit:7880', origin)).toBe(
    'wss://talk.example.org:7880',
  );
});
