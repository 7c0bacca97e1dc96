'use client';
import type { Room } from 'livekit-client';
import { useState } from 'react';
import { RECORDING_ENDS } from '../hooks/recording-view.ts';
import { useRecording } from '../hooks/use-recording.ts';
import { RecordingDialog } from './recording-dialog.tsx';
import styles from './recording.module.css';

/**
 * Recording in the call: the red mark while it runs, whoever started it; the question before it does; and, where the
 * operator allows recording, the button that asks everyone.
 */
export function Recording({ room, token }: { room: Room; token: () => string | null }) {
  const recording = useRecording(room, token);
  const { live, waiting, toAnswer, asker, offered, busy, end, refusal, act } = recording;
  const [asking, setAsking] = useState(false);
  const news = refusal ?? (end === null ? null : RECORDING_ENDS[end]);
  const alone = room.remoteParticipants.size === 0;
  return (
    <>
      <div className={styles.corner}>
        {news !== null && (
          <p className={styles.news} data-testid="recording-news" data-end={end}>
            {news}
          </p>
        )}
        {live && (
          <div className={styles.live} data-testid="recording-live">
            <i className={styles.dot} />
            Recording
            {offered && (
              <button type="button" data-testid="recording-stop" onClick={() => act('stop')}>
                Stop
              </button>
            )}
          </div>
        )}
        {!live && waiting && (
          <div className={styles.waiting} data-testid="recording-waiting">
            Waiting until everyone agrees
            <button type="button" data-testid="recording-cancel" onClick={() => act('decline')}>
              Cancel
            </button>
          </div>
        )}
        {!live && !waiting && offered && toAnswer === null && (
          <button
            type="button"
            className={styles.record}
            data-testid="recording-ask"
            disabled={busy}
            onClick={() => setAsking(true)}
          >
            <i className={styles.dot} />
            Record
          </button>
        )}
      </div>
      {/* Always in the page, so that readers notice what changes in it. */}
      <p className="visually-hidden" role="status" aria-live="assertive">
        {live ? 'This room is being recorded.' : (news ?? '')}
      </p>
      {toAnswer !== null && (
        <RecordingDialog
          key={toAnswer}
          title={`${asker} asks to record`}
          yes="Agree"
          no="Don’t record"
          onYes={() => act('agree', toAnswer)}
          onNo={() => act('decline')}
        />
      )}
      {asking && (
        <RecordingDialog
          title="Record this room?"
          yes={alone ? 'Record' : 'Ask everyone'}
          no="Cancel"
          onYes={() => {
            setAsking(false);
            act('ask');
          }}
          onNo={() => setAsking(false)}
        />
      )}
    </>
  );
}
