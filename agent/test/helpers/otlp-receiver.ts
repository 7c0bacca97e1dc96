/** The receiving end of OTLP/HTTP: takes trace exports in protobuf and decodes what a test asks about. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it came over the wire. */
export type ReceivedSpan = {
  readonly service: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  readonly durationMs: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly isFailed: boolean;
};

/** Field number → values: numbers of fixed and variable length, bytes of everything else. */
type Fields = Map<number, (bigint | Buffer)[]>;

/** Protobuf's wire format (protobuf.dev/programming-guides/encoding). */
function decode(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    let value: bigint | Buffer;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 1) value = bytes.readBigUInt64LE((at += 8) - 8);
    else if ((tag & 7) === 5) value = BigInt(bytes.readUInt32LE((at += 4) - 4));
    else {
      const length = Number(varint());
      value = bytes.subarray(at, (at += length));
    }
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, field: number): Fields[] =>
  (fields.get(field) ?? []).map((value) => decode(value as Buffer));
const text = (fields: Fields, field: number): string => String(fields.get(field)?.[0] ?? '');
const hex = (fields: Fields, field: number): string =>
  (fields.get(field)?.[0] as Buffer | undefined)?.toString('hex') ?? '';
const time = (fields: Fields, field: number): bigint => (fields.get(field)?.[0] ?? 0n) as bigint;

/** KeyValue list: key = 1, value = 2 (AnyValue: string 1, bool 2, int 3, double 4). */
function attributes(fields: Fields, field: number): Record<string, string | number | boolean> {
  const entries = messages(fields, field).map((pair) => {
    const [value] = messages(pair, 2);
    if (value?.has(4)) {
      const bits = Buffer.alloc(8);
      bits.writeBigUInt64LE(time(value, 4));
      return [text(pair, 1), bits.readDoubleLE(0)] as const;
    }
    if (value?.has(3)) return [text(pair, 1), Number(time(value, 3))] as const;
    if (value?.has(2)) return [text(pair, 1), time(value, 2) === 1n] as const;
    return [text(pair, 1), value ? text(value, 1) : ''] as const;
  });
  return Object.fromEntries<string | number | boolean>(entries);
}

/** ExportTraceServiceRequest: resource spans 1 → (resource 1 → attributes 1), scope spans 2 → spans 2. */
function spansOf(body: Buffer): ReceivedSpan[] {
  return messages(decode(body), 1).flatMap((resourceSpans) => {
    const [resource] = messages(resourceSpans, 1);
    const service = resource ? String(attributes(resource, 1)['service.name']) : '';
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        service,
        name: text(span, 5),
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentId: hex(span, 4),
        durationMs: Number(time(span, 8) - time(span, 7)) / 1e6,
        attributes: attributes(span, 9),
        isFailed: messages(span, 15).some((status) => time(status, 3) === 2n),
      }));
  });
}

/** See the head of this file. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Everything that came, as text: to search for what must not be in it. */
  raw = '';
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = Buffer.concat(parts);
        const isTraces = request.method === 'POST' && request.url === '/v1/traces';
        if (isTraces && request.headers['content-type'] === 'application/x-protobuf') {
          this.raw += body.toString('latin1');
          this.spans.push(...spansOf(body));
          response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
        } else response.writeHead(404).end();
      });
    });
  }

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  named(name: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
