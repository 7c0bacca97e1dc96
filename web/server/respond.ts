/** How API routes answer: JSON that is never cached, and one shape for every error. */
import type { ErrorBody } from '@live-avatar/agent/contract';
import { AvatarError, toAvatarError } from '@live-avatar/agent/errors';
import { logUnexpected } from './log.ts';
import { noteRejected } from './metrics.ts';

/** An AvatarError whose HTTP status or headers differ from the table (405, 413, Retry-After). */
export class HttpError extends Error {
  override readonly name = 'HttpError';

  /** As with AvatarError: errors cross bundles. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'HttpError';
  }

  override readonly cause: AvatarError;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    error: AvatarError,
    options: { status?: number; headers?: Record<string, string> } = {},
  ) {
    super(error.message);
    this.cause = error;
    this.status = options.status ?? error.status;
    this.headers = options.headers ?? {};
  }
}

/** 200 with a JSON body. */
export function respondJson(body: unknown, status = 200): Response {
  return Response.json(body, { status, headers: { 'Cache-Control': 'no-store' } });
}

/** Any thrown thing as an ErrorBody. A bug's own message stays on the server. */
export function respondError(thrown: unknown): Response {
  const http = thrown instanceof HttpError ? thrown : new HttpError(toAvatarError(thrown));
  const { code, message, retryable } = http.cause;
  noteRejected(code);
  if (code === 'INTERNAL') {
    logUnexpected('unexpected error in an API route', thrown);
  }
  const body: ErrorBody = {
    error: {
      code,
      message: code === 'INTERNAL' ? 'The page’s server failed; its log has the reason.' : message,
      retryable,
    },
  };
  return Response.json(body, {
    status: http.status,
    headers: { 'Cache-Control': 'no-store', ...http.headers },
  });
}

/** Wrap a route handler so that whatever it throws becomes an ErrorBody. */
export function handled<Args extends unknown[]>(
  handler: (...args: Args) => Promise<Response>,
): (...args: Args) => Promise<Response> {
  return async (...args) => {
    try {
      return await handler(...args);
    } catch (thrown) {
      return respondError(thrown);
    }
  };
}

/** Handlers that answer 405 with an ErrorBody and `Allow` for every method that is not named. */
export function refuseOtherMethods(
  allowed: 'GET' | 'POST',
): (request: Request) => Promise<Response> {
  return handled((request) =>
    Promise.reject(
      new HttpError(
        new AvatarError(
          'REQUEST_INVALID',
          `${request.method} is not supported here; use ${allowed}.`,
        ),
        { status: 405, headers: { Allow: allowed } },
      ),
    ),
  );
}
