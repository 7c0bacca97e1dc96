import { z } from 'zod';
import { DOCTOR_LIMITS, openDoctorSession } from '../../../../server/doctor-session.ts';
import { guardedForGuests } from '../../../../server/guard.ts';
import { requestOrigin } from '../../../../server/public-livekit-url.ts';
import { readJsonBody } from '../../../../server/read-json-body.ts';
import { enforceLimits } from '../../../../server/request-limits.ts';
import { refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Nothing to say; that it is JSON keeps forms of other sites out. */
const bodySchema = z.strictObject({});

/** Open the room in which a browser tests its way to LiveKit. */
export const POST = guardedForGuests(async (request, counted) => {
  enforceLimits(DOCTOR_LIMITS, counted);
  await readJsonBody(request, bodySchema);
  const origin = requestOrigin(request.headers, request.url);
  return respondJson(await openDoctorSession(readSettings(), origin), 201);
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
