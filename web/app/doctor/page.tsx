import type { Metadata } from 'next';
import { cookies, headers } from 'next/headers';
import { AccessNotice } from '../../components/access-notice.tsx';
import { Doctor } from '../../components/doctor.tsx';
import { THEME_COOKIE, parseTheme } from '../../components/theme.ts';
import { invitationPageAccess, pageAccess } from '../../server/page-access.ts';

export const metadata: Metadata = { title: 'Connection check · Avatar room' };

/** The self-test, for whoever may use the service. `?guest`: also for guests with an invitation; the routes check it. */
export default async function DoctorPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  const isGuest = 'guest' in (await searchParams);
  const find = isGuest ? invitationPageAccess : pageAccess;
  const access = await find(new Headers(await headers()));
  return access.kind === 'granted' ? (
    <Doctor theme={theme} />
  ) : (
    <AccessNotice theme={theme} reason={access.kind === 'refused' ? access.reason : null} />
  );
}
