'use client';
import { useCallback, useState } from 'react';
import { invitationLink } from '../hooks/invitation-link.ts';
import { PageApiError } from '../hooks/page-api.ts';
import { pageProblem, type Problem } from '../hooks/problems.ts';
import type { SessionController } from '../hooks/session-controller.ts';
import { useCallKeys } from '../hooks/use-call-keys.ts';
import { Control } from './control.tsx';
import { InviteIcon } from './icons.tsx';
import { InviteDialog } from './invite-dialog.tsx';

/** The button that makes a link to this room, and the dialog that hands it out. */
export function InviteControl({
  session,
  onProblem,
}: {
  session: SessionController;
  onProblem: (problem: Problem) => void;
}) {
  const [link, setLink] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const invite = useCallback(async () => {
    setBusy(true);
    try {
      const made = invitationLink(location.origin, await session.invite());
      // Reloading the page then leads back to this room.
      history.replaceState(null, '', made);
      setLink(made);
    } catch (thrown) {
      const problem =
        thrown instanceof PageApiError ? thrown.problem : pageProblem('PAGE_SERVER_AWAY');
      onProblem({ ...problem, action: 'dismiss' });
    } finally {
      setBusy(false);
    }
  }, [session, onProblem]);
  useCallKeys({ i: () => void invite() });
  return (
    <>
      <Control
        label="Invite"
        testId="invite"
        keys="i"
        disabled={busy}
        onClick={() => void invite()}
        title="Invite others to this room"
      >
        <InviteIcon />
      </Control>
      {link !== null && (
        <InviteDialog link={link} maxPeople={session.maxPeople} onClose={() => setLink(null)} />
      )}
    </>
  );
}
