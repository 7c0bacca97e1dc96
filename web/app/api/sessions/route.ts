import { createSessionSchema } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { guardedForGuests } from '../../../server/guard.ts';
import { requestOrigin } from '../../../server/public-livekit-url.ts';
import { readJsonBody } from '../../../server/read-json-body.ts';
import { SESSION_LIMITS, enforceLimits } from '../../../server/request-limits.ts';
import { refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { openSession } from '../../../server/sessions.ts';
import { readMaxPeople, readSettings } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Open a session with an avatar, in a new room or an invited one: LiveKit's token-endpoint answer. */
export const POST = guardedForGuests(async (request, visitor) => {
  enforceLimits(SESSION_LIMITS, visitor);
  const body = await readJsonBody(request, createSessionSchema);
  if (visitor.isGuest && body.invitation === undefined) {
    throw new AvatarError(
      'ACCESS_DENIED',
      'Your invitation is for one room. For a room of your own this service asks for its passcode.',
    );
  }
  const origin = requestOrigin(request.headers, request.url);
  const limits = { origin, maxPeople: readMaxPeople() };
  return respondJson(await openSession(readSettings(), body, limits), 201);
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
