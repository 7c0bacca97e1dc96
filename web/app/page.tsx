import { cookies } from 'next/headers';
import { AvatarRoom } from '../components/avatar-room.tsx';
import { THEME_COOKIE, parseTheme } from '../components/theme.ts';

/** The one page: gallery, then session. */
export default async function Page() {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  return <AvatarRoom theme={theme} />;
}
