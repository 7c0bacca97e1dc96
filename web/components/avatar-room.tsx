'use client';
import { RoomContext } from '@livekit/components-react';
import { useCallback, useEffect, useState } from 'react';
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
import type { Theme } from './theme.ts';

const CHOICE_KEY = 'avatar.choice';

/** The whole page: choosing an avatar, then the session with it. */
export function AvatarRoom({ theme }: { theme: Theme }) {
  const { avatars, problem: listProblem, refresh } = useAvatars();
  const microphone = useMicrophone();
  const { state, room, session } = useSession();
  const [choice, setChoice] = useState<string | null>(null);
  const [hearMyself, setHearMyself] = useState(false);

  useEffect(() => setChoice(localStorage.getItem(CHOICE_KEY)), []);
  const choose = useCallback((id: string) => {
    localStorage.setItem(CHOICE_KEY, id);
    setChoice(id);
  }, []);

  const ready = avatars?.filter(({ status }) => status === 'ready') ?? [];
  const chosen = ready.find(({ id }) => id === choice) ?? ready[0] ?? null;

  const join = async (): Promise<void> => {
    if (chosen === null) return;
    session.dismissProblem();
    const track = await microphone.start();
    if (track !== null) await session.join(chosen.id, track);
  };

  const inRoom = state.phase === 'room';
  const { track, stop: stopMicrophone } = microphone;
  useEffect(() => {
    if (inRoom && track !== null) void session.setMicrophone(track);
  }, [inRoom, track, session]);
  // The browser's microphone light must go out when nobody listens any more.
  useEffect(() => {
    if (inRoom) return () => stopMicrophone();
    return undefined;
  }, [inRoom, stopMicrophone]);

  const problem: Problem | null =
    (state.phase === 'idle' ? state.problem : null) ?? microphone.problem ?? listProblem;
  const act = (current: Problem): void => {
    switch (current.action) {
      case 'retry-microphone':
        void microphone.start();
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
        <section className={styles.intro} aria-labelledby="title">
          <h1 id="title">Who speaks for you?</h1>
          <p>
            Pick an avatar, check your microphone, join. Your voice moves its lips as you speak.
          </p>
        </section>
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
        />
      </main>
      <footer className={styles.footer}>
        <span>Runs on your own server</span>
        <span>Nothing is recorded</span>
        <span>Avatars are marked as AI-generated</span>
      </footer>
    </div>
  );
}
