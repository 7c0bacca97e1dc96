'use client';
import { useInvitation } from '../hooks/use-invitation.ts';
import styles from './access-notice.module.css';
import { AppHeader } from './app-header.tsx';
import { AvatarRoom } from './avatar-room.tsx';
import { TextWithCode } from './text-with-code.tsx';
import type { Theme } from './theme.ts';

/** Where an invitation link leads: the room behind it, or why there is none any more. */
export function InvitedRoom({ theme }: { theme: Theme }) {
  const { state, retry } = useInvitation();
  if (state.phase === 'open') {
    return (
      <AvatarRoom
        key={state.token}
        theme={theme}
        invited={{ token: state.token, room: state.room }}
      />
    );
  }
  return (
    <div className={styles.page}>
      <AppHeader theme={theme} />
      <main className={styles.door} data-testid="invitation" data-phase={state.phase}>
        {state.phase === 'opening' ? (
          <p role="status">Opening the invitation…</p>
        ) : (
          <>
            <h1>{state.problem.title}</h1>
            <p role="alert" data-testid="invitation-reason" data-code={state.problem.code}>
              <TextWithCode text={state.problem.cure} />
            </p>
            <p className={styles.ways}>
              {state.problem.action === 'join-again' && (
                <button type="button" onClick={retry} data-testid="invitation-retry">
                  Try again
                </button>
              )}
              <a href="/">Open a room of your own</a>
            </p>
          </>
        )}
      </main>
    </div>
  );
}
