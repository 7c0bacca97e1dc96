import { avatarIdSchema } from '@live-avatar/agent/contract';
import { AvatarError } from '@live-avatar/agent/errors';
import { fetchThumbnail } from '../../../../../server/agent-client.ts';
import { guardedForGuests } from '../../../../../server/guard.ts';
import { refuseOtherMethods } from '../../../../../server/respond.ts';
import { readAgentUrl } from '../../../../../server/settings.ts';

export const dynamic = 'force-dynamic';

/** An avatar's picture, fetched from the agent so that browsers need no way to it. */
export const GET = guardedForGuests(
  async (_request, _counted, { params }: { params: Promise<{ id: string }> }) => {
    const id = avatarIdSchema.safeParse((await params).id);
    if (!id.success) throw new AvatarError('AVATAR_NOT_FOUND', 'No avatar has this id.');
    const bytes = await fetchThumbnail(readAgentUrl(), id.data);
    return new Response(bytes, {
      headers: { 'Content-Type': 'image/jpeg', 'Cache-Control': 'private, max-age=60' },
    });
  },
);

const refuse = refuseOtherMethods('GET');
export { refuse as POST, refuse as PUT, refuse as PATCH, refuse as DELETE };
