import { renewSchema } from '@live-avatar/agent/contract';
import { countedAddress } from '../../../../server/guard.ts';
import { readJsonBody } from '../../../../server/read-json-body.ts';
import { REDISPATCH_LIMITS, enforceLimits } from '../../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { renewToken } from '../../../../server/sessions.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** A fresh token for somebody who is in a room; the old one is the proof, in every access mode. */
export const POST = handled(async (request: Request) => {
  enforceLimits(REDISPATCH_LIMITS, countedAddress(request.headers));
  const { participant_token: token } = await readJsonBody(request, renewSchema);
  return respondJson({ participant_token: await renewToken(readSettings(), token) });
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
