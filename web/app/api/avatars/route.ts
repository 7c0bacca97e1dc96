import { fetchAvatars } from '../../../server/agent-client.ts';
import { guardedForGuests } from '../../../server/guard.ts';
import { refuseOtherMethods, respondJson } from '../../../server/respond.ts';
import { readAgentUrl } from '../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** Every configured avatar with its state: ready, preparing (progress) or failed (reason). */
export const GET = guardedForGuests(async () => respondJson(await fetchAvatars(readAgentUrl())));

const refuse = refuseOtherMethods('GET');
export { refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };
