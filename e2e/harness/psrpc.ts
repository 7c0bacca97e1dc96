/**
 * LiveKit's internal RPC over Redis (psrpc), as far as a recorder needs it: serve a method that requires a claim, and
 * call one. Messages and channel names: github.com/livekit/psrpc, internal.proto and pkg/info/channels.go.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { proto3, ScalarType, type MessageType } from '@bufbuild/protobuf';

const text = (no: number, name: string) =>
  ({ no, name, kind: 'scalar', T: ScalarType.STRING }) as const;
const int64 = (no: number, name: string) =>
  ({ no, name, kind: 'scalar', T: ScalarType.INT64 }) as const;
const bytes = (no: number, name: string) =>
  ({ no, name, kind: 'scalar', T: ScalarType.BYTES }) as const;

const define = (name: string, fields: Parameters<typeof proto3.makeMessageType>[1]): MessageType =>
  proto3.makeMessageType(name, fields);

/** Any protobuf message. */
type Binary = { toBinary(): Uint8Array; getType(): { readonly typeName: string } };

const ANY = define('internal.Msg', () => [text(1, 'type_url'), bytes(2, 'value')]);
const REQUEST = define('internal.Request', () => [
  text(1, 'request_id'),
  text(2, 'client_id'),
  int64(3, 'sent_at'),
  int64(4, 'expiry'),
  bytes(8, 'raw_request'),
]);
const RESPONSE = define('internal.Response', () => [
  text(1, 'request_id'),
  text(2, 'server_id'),
  int64(3, 'sent_at'),
  bytes(7, 'raw_response'),
]);
const CLAIM_REQUEST = define('internal.ClaimRequest', () => [
  text(1, 'request_id'),
  text(2, 'server_id'),
  { no: 3, name: 'affinity', kind: 'scalar', T: ScalarType.FLOAT },
]);
const CLAIM_RESPONSE = define('internal.ClaimResponse', () => [
  text(1, 'request_id'),
  text(2, 'server_id'),
]);

const wrap = (message: Binary): Buffer => {
  const typeUrl = `type.googleapis.com/${message.getType().typeName}`;
  return Buffer.from(new ANY({ typeUrl, value: message.toBinary() }).toBinary());
};
/** What is read from requests and claims; a message without a field has it empty. */
type Envelope = {
  requestId: string;
  clientId: string;
  serverId: string;
  rawRequest: Uint8Array;
};
const unwrap = (type: MessageType, payload: Buffer): Envelope => {
  const { value } = ANY.fromBinary(payload);
  return type.fromBinary(value) as unknown as Envelope;
};
const nowNs = (): bigint => BigInt(Date.now()) * 1_000_000n;

/** One peer on the bus. */
export class PsrpcPeer {
  readonly id = `SRV_${randomUUID().slice(0, 8)}`;
  readonly #listening: Socket;
  readonly #sending: Socket;
  readonly #handlers = new Map<string, (payload: Buffer) => void>();
  #rest: Buffer = Buffer.alloc(0);

  private constructor(listening: Socket, sending: Socket) {
    this.#listening = listening;
    this.#sending = sending;
    sending.resume();
    listening.on('data', (data: Buffer) => this.#read(data));
  }

  /** Connect to Redis on loopback. */
  static async connect(port: number): Promise<PsrpcPeer> {
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')] as const;
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    for (const socket of sockets) socket.on('error', () => undefined);
    return new PsrpcPeer(...sockets);
  }

  /** Answer `service.method` (for `topic`, if any): claim each request, then answer with what `handle` returns. */
  serve(
    { service, method, topic }: { service: string; method: string; topic?: string },
    handle: (request: Uint8Array) => Promise<Binary>,
  ): void {
    const name = [service, method, ...(topic === undefined ? [] : [topic])].join('|');
    const claimed = new Map<string, Envelope>();
    this.#subscribe(`${name}|REQ`, (payload) => {
      const request = unwrap(REQUEST, payload);
      claimed.set(request.requestId, request);
      const claim = { requestId: request.requestId, serverId: this.id, affinity: 1 };
      this.#publish(`${service}|${request.clientId}|CLAIM`, new CLAIM_REQUEST(claim));
    });
    this.#subscribe(`${name}|RCLAIM`, (payload) => {
      const { requestId, serverId } = unwrap(CLAIM_RESPONSE, payload);
      const request = claimed.get(requestId);
      claimed.delete(requestId);
      if (request === undefined || serverId !== this.id) return;
      void handle(request.rawRequest).then((answer) => {
        const response = {
          requestId,
          serverId,
          sentAt: nowNs(),
          rawResponse: answer.toBinary(),
        };
        this.#publish(`${service}|${request.clientId}|RES`, new RESPONSE(response));
      });
    });
  }

  /** Call `service.method` and give the first peer that claims the request its turn; waits for no answer. */
  call(service: string, method: string, message: Binary): void {
    const requestId = `REQ_${randomUUID().slice(0, 8)}`;
    this.#subscribe(`${service}|${this.id}|CLAIM`, (payload) => {
      const claim = unwrap(CLAIM_REQUEST, payload);
      const answer = { requestId: claim.requestId, serverId: claim.serverId };
      this.#publish(`${service}|${method}|RCLAIM`, new CLAIM_RESPONSE(answer));
    });
    const request = {
      requestId,
      clientId: this.id,
      sentAt: nowNs(),
      expiry: nowNs() + 5_000_000_000n,
      rawRequest: message.toBinary(),
    };
    // The subscription above and this go through different sockets: let the first arrive.
    setTimeout(() => this.#publish(`${service}|${method}|REQ`, new REQUEST(request)), 50);
  }

  close(): void {
    this.#listening.destroy();
    this.#sending.destroy();
  }

  #subscribe(channel: string, handler: (payload: Buffer) => void): void {
    if (!this.#handlers.has(channel)) this.#listening.write(command('SUBSCRIBE', channel));
    this.#handlers.set(channel, handler);
  }

  #publish(channel: string, message: Binary): void {
    this.#sending.write(command('PUBLISH', channel, wrap(message)));
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    for (;;) {
      const parsed = readReply(this.#rest, 0);
      if (parsed === null) return;
      this.#rest = this.#rest.subarray(parsed.end);
      const [kind, channel, payload] = parsed.items;
      if (kind?.toString() === 'message' && channel && payload) {
        this.#handlers.get(channel.toString())?.(payload);
      }
    }
  }
}

/** A command in Redis' protocol (RESP 2). */
function command(...parts: (string | Buffer)[]): Buffer {
  const pieces = parts.flatMap((part) => {
    const data = Buffer.from(part as string);
    return [Buffer.from(`$${data.length}\r\n`), data, Buffer.from('\r\n')];
  });
  return Buffer.concat([Buffer.from(`*${parts.length}\r\n`), ...pieces]);
}

/** An array of strings and integers, which is all that subscriptions send; null when it is not whole yet. */
function readReply(data: Buffer, from: number): { items: Buffer[]; end: number } | null {
  const header = readLine(data, from);
  if (header === null) return null;
  const items: Buffer[] = [];
  let at = header.end;
  for (let i = 0; i < Number(header.line.slice(1)); i += 1) {
    const line = readLine(data, at);
    if (line === null) return null;
    at = line.end;
    if (line.line.startsWith(':')) {
      items.push(Buffer.from(line.line.slice(1)));
      continue;
    }
    const length = Number(line.line.slice(1));
    if (data.length < at + length + 2) return null;
    items.push(data.subarray(at, at + length));
    at += length + 2;
  }
  return { items, end: at };
}

function readLine(data: Buffer, from: number): { line: string; end: number } | null {
  const end = data.indexOf('\r\n', from);
  return end < 0 ? null : { line: data.toString('latin1', from, end), end: end + 2 };
}
