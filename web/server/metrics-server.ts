/**
 * `GET /metrics` on a port of its own (METRICS_PORT), so that what is published and proxied of the page never leads
 * to it. Without that setting there is no such port.
 */
import { createServer, type Server } from 'node:http';
import { renderMetrics } from './metrics.ts';

/** Where to listen. */
export type MetricsAddress = { readonly host: string; readonly port: number };

/** Listen. `onError` is told once when that fails; the page's own port is not concerned. */
export function startMetricsServer(
  { host, port }: MetricsAddress,
  onError: (error: Error) => void,
): Server {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    renderMetrics().then(
      ({ contentType, text }) => response.writeHead(200, { 'Content-Type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.once('error', onError);
  server.listen(port, host);
  // The page's own server keeps the process alive; this one must not.
  server.unref();
  return server;
}
