/** Stands between livekit-server and the page's webhook route, so that a test can lose what LiveKit says. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** See the head of this file. */
export class WebhookRelay {
  /** While true LiveKit is told that all is well and the page hears nothing. */
  lose = false;
  /** What the page answered to each event, in order. */
  readonly answers: number[] = [];
  readonly #server: Server;
  readonly #target: string;

  private constructor(target: string) {
    this.#target = target;
    this.#server = createServer((request, response) => void this.#pass(request, response));
  }

  /** Begin to pass events on to `target`, as they are. */
  static async start(target: string): Promise<WebhookRelay> {
    const relay = new WebhookRelay(target);
    await once(relay.#server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  /** Where livekit-server sends to. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (this.lose) {
      response.end();
      return;
    }
    const { authorization = '', 'content-type': type = '' } = request.headers;
    const status = await fetch(this.#target, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body: Buffer.concat(chunks),
    }).then(
      (answer) => answer.status,
      // The page is being restarted: livekit-server tries again.
      () => 502,
    );
    this.answers.push(status);
    response.writeHead(status).end();
  }
}
