'use client';
import type { InvitedRoom } from '@live-avatar/agent/contract';
import { useCallback, useEffect, useState } from 'react';
import { invitationOf } from './invitation-link.ts';
import { PageApiError, openInvitation } from './page-api.ts';
import { pageProblem, type Problem } from './problems.ts';

/** An invitation from the address of the page, looked at. */
export type InvitationState =
  | { readonly phase: 'opening' }
  | { readonly phase: 'open'; readonly token: string; readonly room: InvitedRoom }
  | { readonly phase: 'refused'; readonly problem: Problem };

/** Reads the invitation behind the `#` of the address and asks the server about its room, again on `retry`. */
export function useInvitation(): { state: InvitationState; retry: () => void } {
  const [state, setState] = useState<InvitationState>({ phase: 'opening' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const life = new AbortController();
    const open = async (): Promise<void> => {
      setState({ phase: 'opening' });
      const token = invitationOf(location.hash);
      if (token === null) {
        setState({ phase: 'refused', problem: pageProblem('LINK_INCOMPLETE') });
        return;
      }
      try {
        setState({ phase: 'open', token, room: await openInvitation(token, life.signal) });
      } catch (thrown) {
        if (life.signal.aborted) return;
        const problem =
          thrown instanceof PageApiError ? thrown.problem : pageProblem('PAGE_SERVER_AWAY');
        setState({ phase: 'refused', problem });
      }
    };
    void open();
    return () => life.abort();
  }, [round]);
  // Another link pasted into the same tab changes nothing but what stands behind the `#`.
  const retry = useCallback(() => setRound((count) => count + 1), []);
  useEffect(() => {
    addEventListener('hashchange', retry);
    return () => removeEventListener('hashchange', retry);
  }, [retry]);
  return { state, retry };
}
