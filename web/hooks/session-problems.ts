/** Turns what livekit-client reports into problems. */
import { ConnectionError, ConnectionErrorReason, DisconnectReason } from 'livekit-client';
import { pageProblem, type Problem } from './problems.ts';

/** Why the first connect failed. */
export function connectProblem(thrown: unknown): Problem {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof ConnectionError) {
    if (thrown.reason === ConnectionErrorReason.NotAllowed) {
      return pageProblem('TOKEN_EXPIRED', detail);
    }
    if (thrown.reason === ConnectionErrorReason.LeaveRequest) {
      const reason: unknown = thrown.context;
      return (
        disconnectProblem(typeof reason === 'number' ? (reason as DisconnectReason) : undefined) ??
        pageProblem('ROOM_CLOSED', detail)
      );
    }
  }
  return pageProblem('ROOM_UNREACHABLE', detail);
}

/** Why a running session ended; null when this page asked for it. */
export function disconnectProblem(reason: DisconnectReason | undefined): Problem | null {
  switch (reason) {
    case DisconnectReason.CLIENT_INITIATED:
      return null;
    case DisconnectReason.DUPLICATE_IDENTITY:
      return pageProblem('DUPLICATE_IDENTITY');
    case DisconnectReason.PARTICIPANT_REMOVED:
      return pageProblem('REMOVED');
    case DisconnectReason.ROOM_DELETED:
    case DisconnectReason.ROOM_CLOSED:
      return pageProblem('ROOM_CLOSED');
    case DisconnectReason.SERVER_SHUTDOWN:
      return pageProblem('SERVER_RESTARTED');
    default:
      return pageProblem(
        'CONNECTION_LOST',
        reason === undefined ? undefined : DisconnectReason[reason],
      );
  }
}
