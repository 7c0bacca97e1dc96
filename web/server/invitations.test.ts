import { expect, test } from 'vitest';
import { signInvitation } from './invitation-token.ts';
import { createInvitation, openInvitation, roomOfInvitation } from './invitations.ts';
import type { Settings } from './settings.ts';
import { signParticipantToken } from './tokens.ts';

/** A LiveKit address at which nothing listens: whoever gets past our own checks meets LIVEKIT_UNAVAILABLE. */
const settings: Settings = {
  livekitUrl: 'ws://127.0.0.1:1',
  publicLivekitUrl: undefined,
  apiKey: 'key',
  apiSecret: 'a-secret-that-is-long-enough-for-hs256',
  agentUrl: 'http://127.0.0.1:1',
};
const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };

test('inviting takes a participant token of ours and a room for more than one', async () => {
  await expect(createInvitation(settings, 'nonsense', 6)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
  const token = await signParticipantToken(settings, seat);
  await expect(createInvitation(settings, token, 1)).rejects.toMatchObject({
    code: 'REQUEST_INVALID',
    message: expect.stringMatching(/ROOM_MAX_PEOPLE/),
  });
  await expect(createInvitation(settings, token, 6)).rejects.toMatchObject({
    code: 'LIVEKIT_UNAVAILABLE',
  });
});

test('an invitation does not beget invitations: inviting takes being in the room', async () => {
  const { invitation } = await signInvitation(settings, 'room-1');
  await expect(createInvitation(settings, invitation, 6)).rejects.toMatchObject({
    code: 'UNAUTHORIZED',
  });
});

test('what is no invitation is refused before anybody is asked about a room', async () => {
  for (const use of [openInvitation, roomOfInvitation]) {
    await expect(use(settings, 'nonsense', 6)).rejects.toMatchObject({
      code: 'INVITATION_INVALID',
    });
    const { invitation } = await signInvitation(settings, 'room-1');
    await expect(use(settings, invitation, 6)).rejects.toMatchObject({
      code: 'LIVEKIT_UNAVAILABLE',
    });
  }
});
