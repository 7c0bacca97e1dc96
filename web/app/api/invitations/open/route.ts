import { openInvitationSchema } from '@live-avatar/agent/contract';
import { requireAccess } from '../../../../server/access.ts';
import { countedAddress } from '../../../../server/guard.ts';
import { admitsGuests, guestCookie } from '../../../../server/guest-access.ts';
import { openInvitation } from '../../../../server/invitations.ts';
import { requestOrigin } from '../../../../server/public-livekit-url.ts';
import { readJsonBody } from '../../../../server/read-json-body.ts';
import { INVITATION_LIMITS, enforceLimits } from '../../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import {
  isPublicUrlSecure,
  readAccess,
  readMaxPeople,
  readSettings,
} from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/**
 * Look at the room of an invitation. Where guests are admitted it is also their way in: a cookie with the invitation.
 * Elsewhere one needs access as for everything else.
 */
export const POST = handled(async (request: Request) => {
  const counted = countedAddress(request.headers);
  enforceLimits(INVITATION_LIMITS, counted);
  const access = readAccess();
  if (!admitsGuests(access)) await requireAccess(access, request.headers, counted.address);
  const { invitation } = await readJsonBody(request, openInvitationSchema);
  const room = await openInvitation(readSettings(), invitation, readMaxPeople());
  const answer = respondJson(room);
  if (admitsGuests(access)) {
    const secure = isPublicUrlSecure() || requestOrigin(request.headers, request.url).secure;
    answer.headers.set('Set-Cookie', guestCookie(invitation, room.expires_at, secure));
  }
  return answer;
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
