'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { useAudioPlayback, useLocalParticipant } from '@livekit/components-react';
import type { Room } from 'livekit-client';
import { useCallback, useEffect, useRef, useState } from 'react';
import { serviceProblem, type Problem } from '../hooks/problems.ts';
import type { SessionController } from '../hooks/session-controller.ts';
import type { SessionState } from '../hooks/session-state.ts';
import { parseAvatarError, useAvatarParticipant } from '../hooks/use-avatar-participant.ts';
import { useAvatarRpc } from '../hooks/use-avatar-rpc.ts';
import { useCallKeys } from '../hooks/use-call-keys.ts';
import { useFullscreen } from '../hooks/use-fullscreen.ts';
import { useLiveStats } from '../hooks/use-live-stats.ts';
import type { Microphone } from '../hooks/use-microphone.ts';
import { usePeople } from '../hooks/use-people.ts';
import { useWakeLock } from '../hooks/use-wake-lock.ts';
import { AvatarStrip } from './avatar-strip.tsx';
import { callStatus } from './call-status.ts';
import styles from './call.module.css';
import { ClipRow } from './clip-row.tsx';
import { ControlBar } from './control-bar.tsx';
import { ErrorBanner } from './error-banner.tsx';
import { InviteControl } from './invite-control.tsx';
import { PeopleGrid } from './people-grid.tsx';
import { Recording } from './recording.tsx';
import { Stage } from './stage.tsx';

/** The session: one's avatar and those of the others, the truth about them, and everything one can do. Needs a RoomContext. */
export function Call({
  state,
  session,
  room,
  avatars,
  microphone,
  hearMyself,
  onHearMyself,
  onChoose,
}: {
  state: Extract<SessionState, { phase: 'room' }>;
  session: SessionController;
  room: Room;
  avatars: readonly AvatarSummary[];
  microphone: Microphone;
  hearMyself: boolean;
  onHearMyself: (on: boolean) => void;
  onChoose: (id: string) => void;
}) {
  const { localParticipant, isMicrophoneEnabled, microphoneTrack } = useLocalParticipant();
  const avatar = useAvatarParticipant(localParticipant.identity);
  const people = usePeople();
  const onNotice = useCallback((notice: Problem | null) => session.notice(notice), [session]);
  const rpc = useAvatarRpc(room, avatar.participant, onNotice);
  const { canPlayAudio, startAudio } = useAudioPlayback(room);
  const grid = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const fullscreen = useFullscreen(grid);
  const stats = useLiveStats(video, avatar.video, microphoneTrack?.audioTrack, avatar.pipelineMs);
  const [hasPicture, setHasPicture] = useState(false);
  useWakeLock(true);

  const shownId = avatar.avatarId ?? state.avatarId;
  const shown = avatars.find(({ id }) => id === shownId);
  const muted = !isMicrophoneEnabled;
  const present = state.agent === 'present';
  const status = callStatus({
    agent: state.agent,
    reconnecting: state.reconnecting,
    hasPicture,
    status: avatar.status,
    state: avatar.state,
    muted,
    avatarName: shown?.name ?? 'The avatar',
  });

  const toggleMute = useCallback(
    () => void localParticipant.setMicrophoneEnabled(!localParticipant.isMicrophoneEnabled),
    [localParticipant],
  );
  const switchTo = async (id: string): Promise<void> => {
    if (await rpc.select(id)) {
      session.selected(id);
      onChoose(id);
    }
  };
  // An avatar that replaces a lost one starts with the first choice; bring it back to the present one.
  const wantedId = state.avatarId;
  const { select } = rpc;
  const { participant, avatarId } = avatar;
  useEffect(() => {
    if (participant !== null && avatarId !== null && avatarId !== wantedId) void select(wantedId);
    // Only when the avatar comes or the wish changes: its own attribute follows a switch with a delay.
  }, [participant?.identity, avatarId === null]);
  const { error } = avatar;
  useEffect(() => {
    const failure = error === null ? null : parseAvatarError(error);
    if (failure !== null) onNotice(serviceProblem(failure.code, failure.message, 'dismiss'));
  }, [error, onNotice]);
  const { stalled } = stats;
  useEffect(() => {
    if (stalled) session.replaceAgent();
  }, [stalled, session]);
  useCallKeys({
    m: toggleMute,
    h: () => onHearMyself(!hearMyself),
    f: fullscreen.toggle,
    s: () => void rpc.interrupt(),
  });

  const notice = microphone.problem ?? state.notice;
  const audible = hearMyself || avatar.source === 'clip';
  return (
    <div className={styles.call}>
      <h1 className="visually-hidden">Session with {shown?.name ?? 'the avatar'}</h1>
      <PeopleGrid ref={grid} people={people} avatars={avatars}>
        <Stage
          video={video}
          avatar={avatar}
          shown={shown}
          status={status}
          stats={stats}
          self={localParticipant}
          audible={audible}
          accompanied={people.length > 0}
          onPicture={setHasPicture}
          onLeave={() => void session.leave()}
        />
        {!canPlayAudio && (audible || people.length > 0) && (
          <button
            type="button"
            className={styles.sound}
            data-testid="start-audio"
            onClick={() => void startAudio()}
          >
            Tap to hear
          </button>
        )}
        {notice !== null && (
          <div className={styles.notice}>
            <ErrorBanner
              problem={notice}
              onAction={() => {
                if (notice.action === 'retry-microphone') void microphone.start();
                else onNotice(null);
              }}
              onDismiss={() => {
                microphone.dismissProblem();
                onNotice(null);
              }}
            />
          </div>
        )}
        <Recording room={room} token={session.getToken} />
      </PeopleGrid>
      <div className={styles.choices}>
        <AvatarStrip
          avatars={avatars}
          shownId={shownId}
          busyId={rpc.busy}
          disabled={!present}
          onSwitch={(id) => void switchTo(id)}
        />
        <ClipRow
          clips={shown?.clips ?? []}
          busy={rpc.busy}
          disabled={!present}
          onPlay={(name) => void rpc.playClip(name)}
        />
      </div>
      <ControlBar
        microphone={microphone}
        muted={muted}
        onToggleMute={toggleMute}
        hearMyself={hearMyself}
        onHearMyself={onHearMyself}
        fullscreen={fullscreen}
        interruptible={present}
        onInterrupt={() => void rpc.interrupt()}
        onLeave={() => void session.leave()}
      >
        {session.maxPeople > 1 && <InviteControl session={session} onProblem={onNotice} />}
      </ControlBar>
    </div>
  );
}
