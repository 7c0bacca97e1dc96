/**
 * Makes the agents framework come back soon after its LiveKit server does. Its pause between attempts grows to 10 s and
 * starts anew only with a connection that opens, so while the server is away it is given one: a loopback WebSocket that
 * says nothing. When the server answers again that connection is cut, and the next attempt follows after 2 s.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** Fixed by RFC 6455, section 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const PROBE_TIMEOUT_MS = 1000;

/** See the head of this file. */
export class ReconnectShortcut {
  readonly #livekitUrl: string;
  readonly #target: { wsURL: string };
  readonly #held = new Set<Duplex>();
  #server: Server | undefined;

  /** @param target the framework's options: it reads the address from there before every attempt */
  constructor(livekitUrl: string, target: { wsURL: string }) {
    this.#livekitUrl = livekitUrl;
    this.#target = target;
  }

  /** Whether the framework talks to nobody now: what it says about its connection does not count. */
  get isHolding(): boolean {
    return this.#server !== undefined;
  }

  /** The framework is not connected: look whether the server is there, and hold or let go accordingly. */
  async update(): Promise<void> {
    const isThere = await answers(this.#livekitUrl);
    if (isThere) this.close();
    else if (!this.isHolding) await this.#hold();
  }

  /** Let the framework go to the server. */
  close(): void {
    this.#target.wsURL = this.#livekitUrl;
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#held) socket.destroy();
    this.#held.clear();
  }

  async #hold(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(404).end());
    this.#server = server;
    server.on('upgrade', ({ headers }, socket: Duplex) => {
      const key = headers['sec-websocket-key'] ?? '';
      const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      this.#held.add(socket);
      socket.once('close', () => this.#held.delete(socket));
      // What it says (its registration, its load) goes nowhere.
      socket.on('error', () => socket.destroy()).resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Let go meanwhile.
    if (this.#server !== server) return;
    this.#target.wsURL = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
}

async function answers(livekitUrl: string): Promise<boolean> {
  try {
    const response = await fetch(livekitUrl.replace(/^ws/, 'http'), {
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
