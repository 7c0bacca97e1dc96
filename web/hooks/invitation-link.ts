/**
 * Invitation links: `https://host/join#TOKEN`. Browsers keep what stands behind `#` to themselves, so that the token is
 * in no server's log, and programs that preview links in messages do not get it.
 */

/** Path of the page that invitations lead to. */
export const JOIN_PATH = '/join';

/** The link to an invitation. `origin`: of this page. */
export function invitationLink(origin: string, invitation: string): string {
  return `${origin}${JOIN_PATH}#${invitation}`;
}

/** The token of a link's fragment (`#…`); null when it is none at all. Mail programs add blanks and dots. */
export function invitationOf(hash: string): string | null {
  return /^#\s*([\w-]+\.[\w-]+\.[\w-]+)/.exec(decodeFragment(hash))?.[1] ?? null;
}

function decodeFragment(hash: string): string {
  try {
    return decodeURIComponent(hash);
  } catch {
    return hash;
  }
}

/** Take the invitation out of the address: the room it led to has been left. */
export function leaveInvitation(): void {
  if (location.pathname === JOIN_PATH) history.replaceState(null, '', '/');
}
