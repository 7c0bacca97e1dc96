/**
 * Who is at the other end of the connection. Route handlers see headers only, and X-Forwarded-For is whatever the
 * client wrote; so the HTTP server notes the socket's own address in a header of ours before anyone reads it.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { type AddressSet, plainAddress } from './address-set.ts';

const PEER_HEADER = 'x-live-avatar-peer';
/** Set once the header is written on every request; until then a client could have written it. */
const TAGGING = Symbol.for('live-avatar.peer-address-tagged');

/** Begin to note the address of every connection. The start hook and route handlers are separate bundles: one flag for both. */
export function notePeerAddresses(): void {
  if (Reflect.get(globalThis, TAGGING) === true) return;
  // Documented channel of node:http; called before the server's own `request` listeners.
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { request: IncomingMessage };
    request.headers[PEER_HEADER] = plainAddress(request.socket.remoteAddress ?? 'unknown');
  });
  Reflect.set(globalThis, TAGGING, true);
}

/** Address of the connection's other end; undefined when it was not noted, so that a forged header is never believed. */
export function peerAddress(headers: Headers): string | undefined {
  if (Reflect.get(globalThis, TAGGING) !== true) return undefined;
  return headers.get(PEER_HEADER) ?? undefined;
}

/** Hops a request says it came through, nearest last. The server itself adds the peer when there is none. */
export function forwardedHops(headers: Headers): string[] {
  const text = headers.get('x-forwarded-for') ?? '';
  return text
    .split(',')
    .map(plainAddress)
    .filter((hop) => hop !== '');
}

/**
 * Address of the client: the peer, or behind trusted proxies the nearest hop that is none of them.
 * `unknown` when the peer was not noted: all such clients count as one.
 */
export function clientAddress(headers: Headers, trusted: AddressSet): string {
  const peer = peerAddress(headers);
  if (peer === undefined) return 'unknown';
  let address = peer;
  for (const hop of forwardedHops(headers).reverse()) {
    if (!trusted.has(address)) break;
    address = hop;
  }
  return address;
}
