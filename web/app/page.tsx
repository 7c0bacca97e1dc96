import { cookies, headers } from 'next/headers';
import { AccessNotice } from '../components/access-notice.tsx';
import { AvatarRoom } from '../components/avatar-room.tsx';
import { THEME_COOKIE, parseTheme } from '../components/theme.ts';
import { pageAccess } from '../server/page-access.ts';

/** The one page: gallery, then session; before them the passcode where the service asks for one. */
export default async function Page() {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  const access = await pageAccess(new Headers(await headers()));
  return access.kind === 'granted' ? (
    <AvatarRoom theme={theme} />
  ) : (
    <AccessNotice theme={theme} reason={access.kind === 'refused' ? access.reason : null} />
  );
}
