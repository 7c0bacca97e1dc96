/**
 * OpenTelemetry traces, sent to a collector over OTLP/HTTP when the standard OTEL_EXPORTER_OTLP_ENDPOINT names one. Off
 * otherwise, and then no part of the SDK is loaded. Attributes are ids, avatars and durations; nothing about people.
 */
import type * as OpenTelemetry from '@opentelemetry/api';
import type { Context, Span as ApiSpan, Tracer } from '@opentelemetry/api';
import { toAvatarError } from '../errors.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Something that takes time. Times are ms of performance.now(). */
export type Span = {
  /** Begin something within it. */
  child(name: string, attributes?: SpanAttributes): Span;
  /** Note something within it that is over. */
  record(
    name: string,
    times: readonly [startMs: number, endMs: number],
    attributes?: SpanAttributes,
  ): void;
  set(attributes: SpanAttributes): void;
  /** Over; `failure`: why it went wrong. A second call changes nothing. */
  end(failure?: string): void;
};

/** Where traces begin. */
export type Tracing = {
  begin(name: string, attributes?: SpanAttributes): Span;
  /** Send what is left; waits for a dead collector CLOSE_MS at most. Never throws. */
  close(): Promise<void>;
};

/** A job has four seconds to close before it is killed. */
const CLOSE_MS = 2000;

const NO_SPAN: Span = {
  child: () => NO_SPAN,
  record: () => undefined,
  set: () => undefined,
  end: () => undefined,
};

/** Traces nothing. */
export const NO_TRACING: Tracing = { begin: () => NO_SPAN, close: () => Promise.resolve() };

/**
 * Start sending traces; endpoint, headers, timeouts and OTEL_RESOURCE_ATTRIBUTES are read by the SDK itself.
 * @param isOn whether an endpoint is set
 * @param serviceName `service.name` unless OTEL_SERVICE_NAME names another
 */
export async function startTracing(isOn: boolean, serviceName: string): Promise<Tracing> {
  if (!isOn) return NO_TRACING;
  const [
    api,
    sdk,
    { OTLPTraceExporter },
    { detectResources, envDetector, resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/resources'),
  ]);
  const resource = resourceFromAttributes({ 'service.name': serviceName }).merge(
    detectResources({ detectors: [envDetector] }),
  );
  const provider = new sdk.TracerProvider({
    resource,
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  const tracer = provider.getTracer('live-avatar');
  const wrap = (span: ApiSpan): Span =>
    spanOf(span, { api, tracer, context: api.trace.setSpan(api.ROOT_CONTEXT, span) });
  return {
    begin: (name, attributes = {}) =>
      wrap(tracer.startSpan(name, { attributes }, api.ROOT_CONTEXT)),
    close: async () => {
      const shutDown = provider.shutdown().catch(() => undefined);
      await Promise.race([shutDown, new Promise((done) => setTimeout(done, CLOSE_MS).unref())]);
    },
  };
}

type Within = {
  readonly api: typeof OpenTelemetry;
  readonly tracer: Tracer;
  /** Of the span itself. */
  readonly context: Context;
};

function spanOf(span: ApiSpan, within: Within): Span {
  const { api, tracer, context } = within;
  return {
    child: (name, attributes = {}) => {
      const child = tracer.startSpan(name, { attributes }, context);
      return spanOf(child, { ...within, context: api.trace.setSpan(api.ROOT_CONTEXT, child) });
    },
    record: (name, [startMs, endMs], attributes = {}) => {
      // Since 1970: the SDK takes a time of performance.now() that is still to come for such a one.
      const { timeOrigin } = performance;
      const startTime = timeOrigin + startMs;
      tracer.startSpan(name, { attributes, startTime }, context).end(timeOrigin + endMs);
    },
    set: (attributes) => {
      span.setAttributes(attributes);
    },
    end: (failure) => {
      if (!span.isRecording()) return;
      if (failure !== undefined) {
        span.setStatus({ code: api.SpanStatusCode.ERROR, message: failure });
      }
      span.end();
    },
  };
}

/** Run `work` within a child of `span`, which ends with it. */
export async function traced<T>(
  span: Span,
  name: string,
  work: () => Promise<T>,
  attributes?: SpanAttributes,
): Promise<T> {
  const child = span.child(name, attributes);
  try {
    const result = await work();
    child.end();
    return result;
  } catch (error) {
    child.end(toAvatarError(error).code);
    throw error;
  }
}
