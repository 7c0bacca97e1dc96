'use client';
import type { InvitedRoom } from '@live-avatar/agent/contract';
import { RoomContext } from '@livekit/components-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { leaveInvitation } from '../hooks/invitation-link.ts';
import type { Guest } from '../hooks/page-api.ts';
import type { Problem } from '../hooks/problems.ts';
import { useAvatars } from '../hooks/use-avatars.ts';
import { useMicrophone } from '../hooks/use-microphone.ts';
import { useSession } from '../hooks/use-session.ts';
import { AppHeader } from './app-header.tsx';
import styles from './avatar-room.module.css';
import { Call } from './call.tsx';
import { ErrorBanner } from './error-banner.tsx';
import { Gallery } from './gallery.tsx';
import { JoinPanel } from './join-panel.tsx';
import { PersonNameField } from './people-name-field.tsx';
import { RoomIntro } from './room-intro.tsx';
import type { Theme } from './theme.ts';

const CHOICE_KEY = 'avatar.choice';
const NAME_KEY = 'avatar.name';

/** The room that somebody was invited to, and the token of the link. */
export type Invited = { readonly token: string; readonly room: InvitedRoom };

/** The whole page: choosing an avatar, then the session with it. */
export function AvatarRoom({ theme, invited }: { theme: Theme; invited?: Invited }) {
  const { avatars, problem: listProblem, refresh } = useAvatars();
  const microphone = useMicrophone();
  const { state, room, session } = useSession();
  const [choice, setChoice] = useState<string | null>(null);
  const [hearMyself, setHearMyself] = useState(false);

  const [name, setName] = useState('');

  useEffect(() => {
    setChoice(localStorage.getItem(CHOICE_KEY));
    setName(localStorage.getItem(NAME_KEY) ?? '');
  }, []);
  const choose = useCallback((id: string) => {
    localStorage.setItem(CHOICE_KEY, id);
    setChoice(id);
  }, []);

  const ready = avatars?.filter(({ status }) => status === 'ready') ?? [];
  const chosen = ready.find(({ id }) => id === choice) ?? ready[0] ?? null;

  const guest = (): Guest | null => {
    if (invited === undefined) return null;
    const shownName = name.trim();
    localStorage.setItem(NAME_KEY, shownName);
    return { invitation: invited.token, ...(shownName === '' ? {} : { name: shownName }) };
  };
  const join = async (): Promise<void> => {
    if (chosen === null) return;
    session.dismissProblem();
    const track = await microphone.start();
    if (track !== null) await session.join(chosen.id, track, guest());
  };

  const inRoom = state.phase === 'room';
  const { track, stop: stopMicrophone } = microphone;
  useEffect(() => {
    if (inRoom && track !== null) void session.setMicrophone(track);
  }, [inRoom, track, session]);
  // The browser's microphone light must go out when nobody listens any more; not while a session is taken up anew.
  const wasInRoom = useRef(false);
  useEffect(() => {
    if (state.phase === 'room') wasInRoom.current = true;
    if (state.phase !== 'idle' || !wasInRoom.current) return;
    wasInRoom.current = false;
    stopMicrophone();
  }, [state.phase, stopMicrophone]);
  const isInvited = invited !== undefined;
  useEffect(() => {
    // Who has invited others stands at the link to their room, until they leave it.
    if (inRoom && !isInvited) return leaveInvitation;
    return undefined;
  }, [inRoom, isInvited]);

  const problem: Problem | null =
    (state.phase === 'idle' ? state.problem : null) ?? microphone.problem ?? listProblem;
  const act = (current: Problem): void => {
    switch (current.action) {
      case 'retry-microphone':
        void microphone.start();
        break;
      case 'own-room':
        location.assign('/');
        break;
      case 'reload':
        location.reload();
        break;
      case 'join-again':
        if (current === listProblem) refresh();
        else void join();
        break;
      case 'dismiss':
        dismiss();
        break;
    }
  };
  const dismiss = (): void => {
    session.dismissProblem();
    microphone.dismissProblem();
  };

  if (inRoom && room !== null) {
    return (
      <RoomContext.Provider value={room}>
        <Call
          state={state}
          session={session}
          room={room}
          avatars={avatars ?? []}
          microphone={microphone}
          hearMyself={hearMyself}
          onHearMyself={setHearMyself}
          onChoose={choose}
        />
      </RoomContext.Provider>
    );
  }
  return (
    <div className={styles.page}>
      <AppHeader theme={theme} />
      <main className={styles.pick}>
        <RoomIntro invited={invited?.room} avatars={avatars ?? []} />
        {problem !== null && (
          <div className={styles.banner}>
            <ErrorBanner
              problem={problem}
              actionLabel={problem === listProblem ? 'Check again' : undefined}
              onAction={() => act(problem)}
              onDismiss={problem === listProblem ? undefined : dismiss}
            />
          </div>
        )}
        <Gallery
          avatars={avatars}
          loading={avatars === null && listProblem === null}
          chosenId={chosen?.id ?? null}
          onChoose={choose}
        />
        <JoinPanel
          microphone={microphone}
          avatar={chosen}
          joining={state.phase === 'joining' ? state.step : null}
          hearMyself={hearMyself}
          onHearMyself={setHearMyself}
          onJoin={() => void join()}
          onCancel={() => void session.leave()}
        >
          {invited !== undefined && <PersonNameField name={name} onName={setName} />}
        </JoinPanel>
      </main>
      <footer className={styles.footer}>
        <span>Runs on your own server</span>
        <span>Never recorded unless everyone agrees</span>
        <span>Avatars are marked as AI-generated</span>
        <a href="/doctor?guest">Check your connection</a>
      </footer>
    </div>
  );
}
