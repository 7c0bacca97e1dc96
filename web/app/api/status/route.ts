import { toAvatarError } from '@live-avatar/agent/errors';
import { fetchAgentStatus } from '../../../server/agent-client.ts';
import { guarded } from '../../../server/guard.ts';
import { isLivekitReachable } from '../../../server/livekit.ts';
import { refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { readAgentUrl, readLivekitUrl } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** The whole service at a glance: the agent's own status (or why there is none) and whether LiveKit answers. */
export const GET = guarded(async () => {
  const [agent, livekitReachable] = await Promise.all([
    fetchAgentStatus(readAgentUrl()).catch((thrown: unknown) => toAvatarError(thrown)),
    isLivekitReachable(readLivekitUrl()),
  ]);
  return respondJson({
    livekit: { reachable: livekitReachable },
    agent:
      agent instanceof Error
        ? { reachable: false, error: { code: agent.code, message: agent.message } }
        : { reachable: true, ...agent },
  });
});

const refuse = refuseOtherMethods('GET');
export { refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };
