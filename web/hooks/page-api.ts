/** Calls of the page's own API routes from the browser. Every failure is a Problem. */
import {
  avatarSummarySchema,
  errorBodySchema,
  invitationSchema,
  invitedRoomSchema,
  renewedSchema,
  sessionGrantSchema,
  type AvatarSummary,
  type InvitedRoom,
  type SessionGrant,
} from '@live-avatar/agent/contract';
import { z } from 'zod';
import {
  recordingAnswerSchema,
  type RecordingAction,
  type RecordingAnswer,
} from '../server/recording-contract.ts';
import { pageProblem, serviceProblem, type Problem } from './problems.ts';

/** A failed call; `status` is 0 when no answer came. */
export class PageApiError extends Error {
  override readonly name = 'PageApiError';
  readonly problem: Problem;
  readonly status: number;

  constructor(problem: Problem, status: number) {
    super(problem.title);
    this.problem = problem;
    this.status = status;
  }
}

async function call<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  init: RequestInit,
): Promise<z.output<Schema>> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (thrown) {
    if (init.signal?.aborted === true) throw thrown;
    throw new PageApiError(
      pageProblem('PAGE_SERVER_AWAY', thrown instanceof Error ? thrown.message : undefined),
      0,
    );
  }
  const body: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const error = errorBodySchema.safeParse(body);
    throw new PageApiError(
      error.success
        ? serviceProblem(error.data.error.code, error.data.error.message)
        : pageProblem('PAGE_SERVER_AWAY', `${path} answered ${response.status}`),
      response.status,
    );
  }
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    throw new PageApiError(
      pageProblem('PAGE_SERVER_AWAY', `${path}: ${z.prettifyError(parsed.error)}`),
      response.status,
    );
  }
  return parsed.data;
}

const postJson = (body: unknown, signal: AbortSignal): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
  signal,
});

/** Exchange the passcode for the cookie that opens the page. */
export async function enterPasscode(passcode: string): Promise<void> {
  const { signal } = new AbortController();
  await call(z.object({ granted: z.literal(true) }), '/api/access', postJson({ passcode }, signal));
}

/** Every configured avatar. */
export function listAvatars(signal: AbortSignal): Promise<AvatarSummary[]> {
  return call(z.array(avatarSummarySchema), '/api/avatars', { signal });
}

/** Someone who comes by an invitation: the token of the link, and the name they want to be seen by. */
export type Guest = { readonly invitation: string; readonly name?: string | undefined };

/** Open a session with an avatar, in a new room or the one of an invitation. */
export function openSession(
  avatar: string,
  guest: Guest | null,
  signal: AbortSignal,
): Promise<SessionGrant> {
  return call(sessionGrantSchema, '/api/sessions', postJson({ avatar, ...guest }, signal));
}

/** The same token for 15 more minutes. */
export async function renewToken(participantToken: string, signal: AbortSignal): Promise<string> {
  const body = postJson({ participant_token: participantToken }, signal);
  return (await call(renewedSchema, '/api/sessions/renew', body)).participant_token;
}

/** An invitation to the room one is in. */
export async function createInvitation(
  participantToken: string,
  signal: AbortSignal,
): Promise<string> {
  const body = postJson({ participant_token: participantToken }, signal);
  return (await call(invitationSchema, '/api/invitations', body)).invitation;
}

/** Look at the room of an invitation; also lets guests see the avatars where the service asks for a passcode. */
export function openInvitation(invitation: string, signal: AbortSignal): Promise<InvitedRoom> {
  return call(invitedRoomSchema, '/api/invitations/open', postJson({ invitation }, signal));
}

/**
 * Ask again for an avatar in this session. `replace`: even though a dead one is still in the room. `lostMs`: how long
 * ago it was lost; null when none has been there yet.
 */
export async function requestAgent(
  participantToken: string,
  { replace, lostMs }: { readonly replace: boolean; readonly lostMs: number | null },
  signal: AbortSignal,
): Promise<void> {
  await call(
    z.object({ agent: z.string() }),
    '/api/sessions/redispatch',
    postJson(
      {
        participant_token: participantToken,
        ...(replace ? { replace } : {}),
        ...(lostMs === null ? {} : { lost_ms: Math.min(86_400_000, Math.round(lostMs)) }),
      },
      signal,
    ),
  );
}

/** Ask to record the room, answer such a request, stop a recording, or look whether recording is offered. */
export function actOnRecording(
  action: RecordingAction,
  signal: AbortSignal,
): Promise<RecordingAnswer> {
  return call(recordingAnswerSchema, '/api/recording', postJson(action, signal));
}
