import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { AddressSet } from './address-set.ts';
import { clientAddress, notePeerAddresses, peerAddress } from './peer-address.ts';

let server: Server | undefined;
afterEach(() => server?.close());

/** What a real server's handler sees of a request that was sent with these headers. */
async function seenHeaders(sent: Record<string, string>): Promise<Headers> {
  const seen = new Promise<IncomingHttpHeaders>((resolve) => {
    server = createServer((incoming, response) => {
      resolve(incoming.headers);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const { port } = server?.address() as AddressInfo;
  request({ port, host: '127.0.0.1', headers: sent }).end();
  return new Headers(
    Object.entries(await seen).map(([name, value]) => [name, String(value)] as [string, string]),
  );
}
const none = AddressSet.parse('');
const forged = { 'x-live-avatar-peer': '203.0.113.9', 'x-forwarded-for': '203.0.113.9' };

test('before addresses are noted, a header of that name is not believed', async () => {
  const headers = await seenHeaders(forged);
  expect(headers.get('x-live-avatar-peer')).toBe('203.0.113.9');
  expect(peerAddress(headers)).toBeUndefined();
  expect(clientAddress(headers, none)).toBe('unknown');
});

test('the socket’s address overwrites whatever a client sends', async () => {
  notePeerAddresses();
  notePeerAddresses();
  const headers = await seenHeaders(forged);
  expect(peerAddress(headers)).toBe('127.0.0.1');
  expect(clientAddress(headers, none)).toBe('127.0.0.1');
});

test('X-Forwarded-For counts only as far as trusted proxies wrote it', async () => {
  notePeerAddresses();
  const headers = await seenHeaders({ 'x-forwarded-for': '198.51.100.66, 203.0.113.9, 10.0.0.2' });
  expect(clientAddress(headers, AddressSet.parse('127.0.0.1'))).toBe('10.0.0.2');
  expect(clientAddress(headers, AddressSet.parse('127.0.0.1 10.0.0.0/8'))).toBe('203.0.113.9');
});
