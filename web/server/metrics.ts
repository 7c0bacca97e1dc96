/** What the page's server counts, for Prometheus. Reasons are error codes: no names, addresses, rooms or tokens. */
import type { ErrorCode } from '@live-avatar/agent/errors';
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';

/** The start hook and route handlers are separate bundles: one set of counters for both. */
const METRICS = Symbol.for('live-avatar.page-metrics');

type PageMetrics = {
  readonly registry: Registry;
  readonly tokensIssued: Counter;
  readonly rejected: Counter<'reason'>;
  readonly webhookEvents: Counter<'event'>;
  readonly webhookRefused: Counter<'reason'>;
};

/** LiveKit's events by name (its protocol, webhook/consts.go); whatever a newer LiveKit sends counts as `other`. */
const WEBHOOK_EVENTS = new Set([
  ...['room_started', 'room_finished'],
  ...['participant_joined', 'participant_left', 'participant_connection_aborted'],
  ...['track_published', 'track_unpublished'],
  ...['egress_started', 'egress_updated', 'egress_ended'],
  ...['ingress_started', 'ingress_ended'],
]);

/** Why a webhook was not believed: too many bad ones, no body or too large, not signed, old or not yet, seen before. */
export type WebhookRefusal = 'rate' | 'body' | 'signature' | 'age' | 'duplicate';

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
    webhookEvents: new Counter({
      name: 'avatar_webhook_events_total',
      help: 'Events that LiveKit sent and that were believed, by name.',
      labelNames: ['event'],
      registers,
    }),
    webhookRefused: new Counter({
      name: 'avatar_webhook_refused_total',
      help: 'Calls of the webhook route that were refused, by reason.',
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

/** An event of LiveKit was believed. */
export function noteWebhookEvent(name: string): void {
  metrics().webhookEvents.inc({ event: WEBHOOK_EVENTS.has(name) ? name : 'other' });
}

/** A call of the webhook route was refused. */
export function noteWebhookRefused(reason: WebhookRefusal): void {
  metrics().webhookRefused.inc({ reason });
}

/** Prometheus text format. */
export async function renderMetrics(): Promise<{ contentType: string; text: string }> {
  const { registry } = metrics();
  return { contentType: registry.contentType, text: await registry.metrics() };
}
