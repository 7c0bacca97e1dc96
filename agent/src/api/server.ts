/** The agent's HTTP API: for the page's server, load balancers and Prometheus; bound to loopback unless told otherwise. */
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { AvatarError, ERRORS, toAvatarError } from '../errors.ts';
import { avatarIdSchema } from './contract.ts';
import type { AgentStatus, AvatarSummary, ErrorBody } from './contract.ts';

/** `GET /readyz`: 200 when `ready`, else 503 with the same body. */
export type Readiness = {
  readonly ready: boolean;
  /** What is still missing, in words. */
  readonly waitingFor: readonly string[];
};

/** What the routes read. All of it may be called at any time after the process has started. */
export type ApiSources = {
  readiness(): Readiness;
  avatars(): AvatarSummary[];
  /** JPEG. @throws AvatarError AVATAR_NOT_FOUND | AVATAR_NOT_READY */
  thumbnail(id: string): Buffer;
  status(): AgentStatus;
  /** Prometheus text and its content type. */
  metrics(): Promise<{ contentType: string; text: string }>;
};

/** No route takes a body. */
const BODY_LIMIT_BYTES = 1024;
const THUMBNAIL_MAX_AGE_S = 300;
/** A request that is not whole after this is closed (fastify's own default is never), ms. */
const REQUEST_TIMEOUT_MS = 10_000;

/** The server, not yet listening. */
export function createApiServer(sources: ApiSources): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: REQUEST_TIMEOUT_MS },
  });
  app.setErrorHandler((thrown, _request, reply) => {
    const error = fromHttp(thrown);
    return reply.code(error.status).send(errorBody(error));
  });
  app.setNotFoundHandler((request, reply) => {
    const error = new AvatarError('REQUEST_INVALID', `no route ${request.method} ${request.url}`);
    return reply.code(404).send(errorBody(error));
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const readiness = sources.readiness();
    return reply.code(readiness.ready ? 200 : 503).send(readiness);
  });
  app.get('/avatars', () => sources.avatars());
  app.get<{ Params: { id: string } }>('/avatars/:id/thumbnail', (request, reply) => {
    const id = avatarIdSchema.safeParse(request.params.id);
    if (!id.success) throw new AvatarError('AVATAR_NOT_FOUND', 'this is no avatar id');
    return reply
      .header('cache-control', `public, max-age=${THUMBNAIL_MAX_AGE_S}`)
      .type('image/jpeg')
      .send(sources.thumbnail(id.data));
  });
  app.get('/status', () => sources.status());
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await sources.metrics();
    return reply.header('content-type', contentType).send(text);
  });
  return app;
}

/** fastify's own errors (bad URL, body too large) are the caller's fault; anything unknown is a bug without details. */
function fromHttp(thrown: unknown): AvatarError {
  if (thrown instanceof AvatarError) return thrown;
  const status = (thrown as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AvatarError('REQUEST_INVALID', toAvatarError(thrown).message);
  }
  return new AvatarError('INTERNAL', 'internal error', { cause: thrown });
}

function errorBody({ code, message }: AvatarError): ErrorBody {
  return { error: { code, message, retryable: ERRORS[code].retryable } };
}
