/** Calls of the self-test to the page's own routes. Nothing throws: a failure is a measurement too. */
import { avatarSummarySchema, errorBodySchema } from '@live-avatar/agent/contract';
import { z } from 'zod';
import {
  clocksSchema,
  doctorSessionSchema,
  type DoctorSession,
} from '../server/doctor-contract.ts';
import { isFailure, type CallFailure, type ClockFacts, type ServiceFacts } from './doctor-types.ts';

const TIMEOUT_MS = 8000;

const statusSchema = z.object({
  livekit: z.object({ reachable: z.boolean() }),
  agent: z.union([
    z.object({
      reachable: z.literal(true),
      activeSessions: z.number(),
      maxSessions: z.number(),
    }),
    z.object({
      reachable: z.literal(false),
      error: z.object({ code: z.string(), message: z.string() }),
    }),
  ]),
});

type Answer<T> = { readonly body: T; readonly sentMs: number; readonly receivedMs: number };

async function call<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  signal: AbortSignal,
  method: 'GET' | 'POST' = 'GET',
): Promise<Answer<z.output<Schema>> | CallFailure> {
  const sentMs = Date.now();
  try {
    const response = await fetch(path, {
      ...(method === 'POST' && {
        method,
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
      }),
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    const receivedMs = Date.now();
    const body: unknown = await response.json().catch(() => undefined);
    const { status } = response;
    if (!response.ok) {
      const error = errorBodySchema.safeParse(body);
      return error.success
        ? { status, code: error.data.error.code, message: error.data.error.message }
        : { status, code: 'NO_ANSWER', message: `${path} answered ${status}.` };
    }
    const parsed = schema.safeParse(body);
    if (parsed.success) return { body: parsed.data, sentMs, receivedMs };
    return { status, code: 'NO_ANSWER', message: `${path} answered something else.` };
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return { status: 0, code: 'NO_ANSWER', message };
  }
}

/** Page server, agent, LiveKit as the server sees it, avatars. */
export async function askService(signal: AbortSignal): Promise<ServiceFacts | CallFailure> {
  const health = await call(z.object({ status: z.string() }), '/api/health', signal);
  if (isFailure(health)) return health;
  const [status, avatars] = await Promise.all([
    call(statusSchema, '/api/status', signal),
    call(z.array(avatarSummarySchema), '/api/avatars', signal),
  ]);
  const list = isFailure(avatars) ? [] : avatars.body;
  const count = (wanted: string): number => list.filter((each) => each.status === wanted).length;
  const answerMs = health.receivedMs - health.sentMs;
  const counted = {
    ready: count('ready'),
    preparing: count('preparing'),
    failed: count('failed'),
  };
  if (isFailure(status)) {
    // Guests with an invitation see the avatars, but not how the service is doing.
    if (status.code !== 'ACCESS_DENIED' || isFailure(avatars)) return status;
    return { answerMs, livekitReachable: true, agent: null, avatars: counted };
  }
  const { agent, livekit } = status.body;
  return {
    answerMs,
    livekitReachable: livekit.reachable,
    agent: agent.reachable
      ? { free: Math.max(0, agent.maxSessions - agent.activeSessions), max: agent.maxSessions }
      : { status: 503, ...agent.error },
    avatars: counted,
  };
}

/** All clocks. The server stamps its answer last, so half of a quick call's round trip is the way back. */
export async function askClocks(signal: AbortSignal): Promise<ClockFacts | CallFailure> {
  const quick = await call(z.object({ status: z.string() }), '/api/health', signal);
  if (isFailure(quick)) return quick;
  const answer = await call(clocksSchema, '/api/doctor/clocks', signal);
  if (isFailure(answer)) return answer;
  const wayBackMs = (quick.receivedMs - quick.sentMs) / 2;
  return {
    ...answer.body,
    browserAheadMs: Math.round(answer.receivedMs - wayBackMs - answer.body.nowMs),
  };
}

/** The room for the test. */
export async function askSession(signal: AbortSignal): Promise<DoctorSession | CallFailure> {
  const answer = await call(doctorSessionSchema, '/api/doctor/session', signal, 'POST');
  return isFailure(answer) ? answer : answer.body;
}

/** Whether anything at all answers at LiveKit's address over http. */
export async function answersHttp(serverUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    await fetch(serverUrl.replace(/^ws/, 'http'), {
      // The content does not matter, and reading it would need the server's leave.
      mode: 'no-cors',
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    });
    return true;
  } catch {
    return false;
  }
}
