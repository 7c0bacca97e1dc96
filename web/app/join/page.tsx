import type { Metadata } from 'next';
import { cookies, headers } from 'next/headers';
import { AccessNotice } from '../../components/access-notice.tsx';
import { InvitedRoom } from '../../components/invited-room.tsx';
import { THEME_COOKIE, parseTheme } from '../../components/theme.ts';
import { invitationPageAccess } from '../../server/page-access.ts';

export const metadata: Metadata = { title: 'You are invited · Avatar room' };

/** Where invitation links lead. The page itself holds nothing: what stands behind the `#` opens the room. */
export default async function JoinPage() {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  const access = await invitationPageAccess(new Headers(await headers()));
  return access.kind === 'refused' ? (
    <AccessNotice theme={theme} reason={access.reason} />
  ) : (
    <InvitedRoom theme={theme} />
  );
}
