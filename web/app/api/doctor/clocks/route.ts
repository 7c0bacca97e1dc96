import { readClocks } from '../../../../server/doctor-clocks.ts';
import { guardedForGuests } from '../../../../server/guard.ts';
import { refuseOtherMethods, respondJson } from '../../../../server/respond.ts';
import { readAgentUrl, readLivekitUrl } from '../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** What time it is for the page's server, LiveKit and the agents. */
export const GET = guardedForGuests(async () =>
  respondJson(await readClocks(readLivekitUrl(), readAgentUrl())),
);

const refuse = refuseOtherMethods('GET');
export { refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };
