import { createInvitationSchema } from '@live-avatar/agent/contract';
import { countedAddress } from '../../../server/guard.ts';
import { createInvitation } from '../../../server/invitations.ts';
import { readJsonBody } from '../../../server/read-json-body.ts';
import { INVITATION_LIMITS, enforceLimits } from '../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { readMaxPeople, readSettings } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Invite others to the room one is in. The participant's token is the proof, in every access mode. */
export const POST = handled(async (request: Request) => {
  enforceLimits(INVITATION_LIMITS, countedAddress(request.headers));
  const { participant_token: token } = await readJsonBody(request, createInvitationSchema);
  return respondJson(await createInvitation(readSettings(), token, readMaxPeople()), 201);
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
