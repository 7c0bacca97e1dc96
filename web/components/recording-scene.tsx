'use client';
import { Room, RoomEvent, Track } from 'livekit-client';
import { useEffect, useRef, useState, type CSSProperties } from 'react';
import { followAvatars, type RecordedTrack } from '../hooks/recording-tracks.ts';
import styles from './recording-scene.module.css';

/**
 * All avatars of a room side by side, with their sound, as LiveKit's recorder films it. The recorder waits for two
 * lines in the console: START_RECORDING and END_RECORDING (github.com/livekit/egress, template-sdk).
 */
export function RecordingScene({ url, token }: { url: string; token: string }) {
  const [tracks, setTracks] = useState<readonly RecordedTrack[]>([]);
  useEffect(() => {
    const room = new Room({ adaptiveStream: false, dynacast: false });
    let left = false;
    let started = false;
    followAvatars(room, (found) => {
      setTracks(found);
      if (started || found.length === 0) return;
      started = true;
      tellRecorder('START_RECORDING');
    });
    room.on(RoomEvent.Disconnected, () => {
      if (!left) tellRecorder('END_RECORDING');
    });
    room.connect(url, token, { autoSubscribe: false }).catch(() => {
      if (!left) tellRecorder('END_RECORDING');
    });
    return () => {
      left = true;
      void room.disconnect();
    };
  }, [url, token]);
  const pictures = tracks.filter(({ track }) => track.kind === Track.Kind.Video);
  const columns = { '--columns': Math.ceil(Math.sqrt(pictures.length || 1)) } as CSSProperties;
  return (
    <div className={styles.scene} style={columns} data-testid="recording-scene">
      {tracks.map(({ id, track }) => (
        <Media key={id} track={track} />
      ))}
      <span className={styles.mark}>AI-generated</span>
    </div>
  );
}

function Media({ track }: { track: RecordedTrack['track'] }) {
  const video = useRef<HTMLVideoElement>(null);
  const audio = useRef<HTMLAudioElement>(null);
  const isVideo = track.kind === Track.Kind.Video;
  useEffect(() => {
    const element = isVideo ? video.current : audio.current;
    if (element === null) return;
    track.attach(element);
    return () => void track.detach(element);
  }, [track, isVideo]);
  return isVideo ? (
    <video ref={video} autoPlay playsInline muted />
  ) : (
    <audio ref={audio} autoPlay />
  );
}

function tellRecorder(line: 'START_RECORDING' | 'END_RECORDING'): void {
  // eslint-disable-next-line no-console -- the recorder listens to the console
  console.log(line);
}
