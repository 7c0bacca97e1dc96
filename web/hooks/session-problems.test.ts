import { ConnectionError, DisconnectReason } from 'livekit-client';
import { expect, test } from 'vitest';
import { connectProblem, disconnectProblem } from './session-problems.ts';

test('leaving by oneself is no problem', () => {
  expect(disconnectProblem(DisconnectReason.CLIENT_INITIATED)).toBeNull();
});

test.each([
  [DisconnectReason.DUPLICATE_IDENTITY, 'DUPLICATE_IDENTITY'],
  [DisconnectReason.PARTICIPANT_REMOVED, 'REMOVED'],
  [DisconnectReason.ROOM_DELETED, 'ROOM_CLOSED'],
  [DisconnectReason.SERVER_SHUTDOWN, 'SERVER_RESTARTED'],
  [DisconnectReason.STATE_MISMATCH, 'CONNECTION_LOST'],
  [undefined, 'CONNECTION_LOST'],
])('disconnect reason %s becomes %s', (reason, code) => {
  expect(disconnectProblem(reason)).toMatchObject({ code, action: 'join-again' });
});

test('a refused token, an unreachable server and a goodbye while joining are told apart', () => {
  expect(connectProblem(ConnectionError.notAllowed('no', 401))).toMatchObject({
    code: 'TOKEN_EXPIRED',
  });
  expect(connectProblem(ConnectionError.serverUnreachable('gone'))).toMatchObject({
    code: 'ROOM_UNREACHABLE',
    detail: 'gone',
  });
  expect(
    connectProblem(ConnectionError.leaveRequest('bye', DisconnectReason.ROOM_DELETED)),
  ).toMatchObject({ code: 'ROOM_CLOSED' });
});
