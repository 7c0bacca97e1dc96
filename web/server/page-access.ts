/** What the page shows first: the room, the passcode field, or why there is nothing for this visitor. */
import { toAvatarError } from '@live-avatar/agent/errors';
import { requireAccess } from './access.ts';
import { countedAddress } from './guard.ts';
import { HttpError } from './respond.ts';
import { readAccess } from './settings.ts';

/** `passcode`: the field is shown. `refused`: the text says what to do. */
export type PageAccess =
  | { readonly kind: 'granted' }
  | { readonly kind: 'passcode' }
  | { readonly kind: 'refused'; readonly reason: string };

/** Decide from the headers of a page request, by the same rule as the API. Never throws for a visitor's mistake. */
export async function pageAccess(headers: Headers): Promise<PageAccess> {
  const access = readAccess();
  if (access.mode === 'api-key') {
    // Browsers send no keys with a page request; sessions come from the program that holds the key.
    return {
      kind: 'refused',
      reason:
        'Sessions on this server are opened by programs with an API key (ACCESS_MODE=api-key); there is no page for visitors.',
    };
  }
  try {
    await requireAccess(access, headers, countedAddress(headers).address);
    return { kind: 'granted' };
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown;
    if (access.mode === 'passcode') return { kind: 'passcode' };
    return { kind: 'refused', reason: toAvatarError(thrown.cause).message };
  }
}

/** The same for the page of an invitation: where guests are admitted it asks for no passcode. */
export async function invitationPageAccess(
  headers: Headers,
): Promise<Exclude<PageAccess, { kind: 'passcode' }>> {
  const access = await pageAccess(headers);
  return access.kind === 'passcode' ? { kind: 'granted' } : access;
}
