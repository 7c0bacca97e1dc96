import { redispatchSchema } from '@live-avatar/agent/contract';
import { readJsonBody } from '../../../../server/read-json-body.ts';
import { REDISPATCH_LIMITS, enforceLimits } from '../../../../server/request-limits.ts';
import { handled, refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { redispatch } from '../../../../server/sessions.ts';
import { readSettings } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Ask again for an avatar in one's own session; LiveKit offers each job only once. */
export const POST = handled(async (request: Request) => {
  enforceLimits(REDISPATCH_LIMITS, request.headers);
  const body = await readJsonBody(request, redispatchSchema);
  return respondJson(await redispatch(readSettings(), body.participant_token, body.replace));
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
