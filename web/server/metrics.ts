/** What the page's server counts, for Prometheus. Reasons are error codes: no names, addresses, rooms or tokens. */
import type { ErrorCode } from '@live-avatar/agent/errors';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

/** The start hook and route handlers are separate bundles: one set of counters for both. */
const METRICS = Symbol.for('live-avatar.page-metrics');

type PageMetrics = {
  readonly registry: Registry;
  readonly tokensIssued: Counter;
  readonly rejected: Counter<'reason'>;
};

function create(): PageMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    tokensIssued: new Counter({
      name: 'avatar_tokens_issued_total',
      help: 'Participant tokens signed.',
      registers,
    }),
    rejected: new Counter({
      name: 'avatar_requests_rejected_total',
      help: 'API requests that were answered with an error, by error code.',
      labelNames: ['reason'],
      registers,
    }),
  };
}

function metrics(): PageMetrics {
  const existing = Reflect.get(globalThis, METRICS) as PageMetrics | undefined;
  if (existing !== undefined) return existing;
  const created = create();
  Reflect.set(globalThis, METRICS, created);
  return created;
}

/** A participant token was signed. */
export function noteTokenIssued(): void {
  metrics().tokensIssued.inc();
}

/** A request was answered with an error. */
export function noteRejected(reason: ErrorCode): void {
  metrics().rejected.inc({ reason });
}

/** Prometheus text format. */
export async function renderMetrics(): Promise<{ contentType: string; text: string }> {
  const { registry } = metrics();
  return { contentType: registry.contentType, text: await registry.metrics() };
}
