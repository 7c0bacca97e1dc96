/** Turns what livekit-client reports into problems. */
import { ConnectionError, ConnectionErrorReason, DisconnectReason } from 'livekit-client';
import { pageProblem, type PageProblemCode, type Problem } from './problems.ts';

type LeaveRequest = {
  reason: ConnectionErrorReason.LeaveRequest;
  status: never;
  context: DisconnectReason;
};

/** Why the first connect failed. */
export function connectProblem(thrown: unknown): Problem {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof ConnectionError) {
    if (thrown.reason === ConnectionErrorReason.NotAllowed) {
      return pageProblem('TOKEN_EXPIRED', detail);
    }
    if (thrown.reason === ConnectionErrorReason.LeaveRequest) {
      // The server said goodbye while we were joining; the context is its reason.
      const { context } = thrown as ConnectionError<LeaveRequest>;
      return disconnectProblem(context) ?? pageProblem('ROOM_CLOSED', detail);
    }
  }
  return pageProblem('ROOM_UNREACHABLE', detail);
}

/** Reasons with words of their own; every other one is a lost connection. */
const BY_REASON: Partial<Record<DisconnectReason, PageProblemCode>> = {
  [DisconnectReason.DUPLICATE_IDENTITY]: 'DUPLICATE_IDENTITY',
  [DisconnectReason.PARTICIPANT_REMOVED]: 'REMOVED',
  [DisconnectReason.ROOM_DELETED]: 'ROOM_CLOSED',
  [DisconnectReason.ROOM_CLOSED]: 'ROOM_CLOSED',
  [DisconnectReason.SERVER_SHUTDOWN]: 'SERVER_RESTARTED',
};

/** Why a running session ended; null when this page asked for it. */
export function disconnectProblem(reason: DisconnectReason | undefined): Problem | null {
  if (reason === DisconnectReason.CLIENT_INITIATED) return null;
  if (reason === undefined) return pageProblem('CONNECTION_LOST');
  return pageProblem(BY_REASON[reason] ?? 'CONNECTION_LOST', DisconnectReason[reason]);
}
