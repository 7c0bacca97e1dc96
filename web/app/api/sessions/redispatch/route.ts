import { redispatchSchema } from '@live-avatar/agent/contract';
import { countedAddress } from '../../../../server/guard.ts';
import { readJsonBody } from '../../../../server/read-json-body.ts';
import { REDISPATCH_LIMITS, enforceLimits } from '../../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { redispatch } from '../../../../server/sessions.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/**
 * Ask again for an avatar in one's own session; LiveKit offers each job only once. The participant's token is the
 * proof of access, in every access mode: a browser with an invitation from an API client has no key.
 */
export const POST = handled(async (request: Request) => {
  enforceLimits(REDISPATCH_LIMITS, countedAddress(request.headers));
  const body = await readJsonBody(request, redispatchSchema);
  const { participant_token: token, replace, lost_ms: lostMs } = body;
  return respondJson(await redispatch(readSettings(), token, { replace, lostMs }));
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
