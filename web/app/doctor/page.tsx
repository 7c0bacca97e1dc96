import type { Metadata } from 'next';
import { cookies, headers } from 'next/headers';
import { AccessNotice } from '../../components/access-notice.tsx';
import { Doctor } from '../../components/doctor.tsx';
import { THEME_COOKIE, parseTheme } from '../../components/theme.ts';
import { pageAccess } from '../../server/page-access.ts';

export const metadata: Metadata = { title: 'Connection check · Avatar room' };

/** The self-test, for whoever may use the service. */
export default async function DoctorPage() {
  const theme = parseTheme((await cookies()).get(THEME_COOKIE)?.value);
  const access = await pageAccess(new Headers(await headers()));
  return access.kind === 'granted' ? (
    <Doctor theme={theme} />
  ) : (
    <AccessNotice theme={theme} reason={access.kind === 'refused' ? access.reason : null} />
  );
}
