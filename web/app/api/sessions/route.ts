import { createSessionSchema } from '@live-avatar/agent/contract';
import { guarded } from '../../../server/guard.ts';
import { requestOrigin } from '../../../server/public-livekit-url.ts';
import { readJsonBody } from '../../../server/read-json-body.ts';
import { SESSION_LIMITS, enforceLimits } from '../../../server/request-limits.ts';
import { refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { openSession } from '../../../server/sessions.ts';
import { readSettings } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Open a session with an avatar: LiveKit's token-endpoint answer. */
export const POST = guarded(async (request, counted) => {
  enforceLimits(SESSION_LIMITS, counted);
  const body = await readJsonBody(request, createSessionSchema);
  const origin = requestOrigin(request.headers, request.url);
  return respondJson(await openSession(readSettings(), body, origin), 201);
});

const refuse = refuseOtherMethods('POST');
export { refuse as GET, refuse as PUT, refuse as PATCH, refuse as DELETE };
