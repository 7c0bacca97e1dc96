import { DOCTOR_LIMITS, openDoctorSession } from '../../../../server/doctor-session.ts';
import { guardedForGuests } from '../../../../server/guard.ts';
import { requestOrigin } from '../../../../server/public-livekit-url.ts';
import { enforceLimits } from '../../../../server/request-limits.ts';
import { refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Open the room in which a browser tests its way to LiveKit. Takes no body. */
export const POST = guardedForGuests(async (request, counted) => {
  enforceLimits(DOCTOR_LIMITS, counted);
  const origin = requestOrigin(request.headers, request.url);
  return respondJson(await openDoctorSession(readSettings(), origin), 201);
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
