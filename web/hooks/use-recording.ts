'use client';
import { ParticipantKind, RoomEvent, type Participant, type Room } from 'livekit-client';
import { useCallback, useEffect, useState } from 'react';
import {
  RECORDING_TOPIC,
  recordingEndSchema,
  type RecordingAction,
  type RecordingEnd,
} from '../server/recording-contract.ts';
import { PageApiError, actOnRecording } from './page-api.ts';
import { recordingView, type NamedPerson, type RecordingView } from './recording-view.ts';

/** How long a sentence about the end stays, ms. */
const NOTICE_MS = 9000;

/** Recording in this room, and what one can do about it. */
export type Recording = RecordingView & {
  /** Whether the operator lets people record. */
  readonly offered: boolean;
  /** Whether an answer is on its way to the server. */
  readonly busy: boolean;
  /** Why there is no recording any more; null after a while. */
  readonly end: RecordingEnd | null;
  /** Why the last click did not work: the server's own words. */
  readonly refusal: string | null;
  readonly act: (action: Exclude<RecordingAction['action'], 'look'>, request?: string) => void;
};

/** Follow recording in a room. `getToken`: the person's own participant token, the youngest there is. */
export function useRecording(room: Room, getToken: () => string | null): Recording {
  const [view, setView] = useState<RecordingView>(() => viewOf(room));
  const [offered, setOffered] = useState(false);
  const [busy, setBusy] = useState(false);
  const [end, setEnd] = useState<RecordingEnd | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);

  useEffect(() => {
    const life = new AbortController();
    const update = (): void => setView(viewOf(room));
    // Whoever comes in while it records has not agreed: the server looks at once, not at its next round.
    const look = (): void => {
      const token = getToken();
      if (token === null) return;
      actOnRecording({ participant_token: token, action: 'look' }, life.signal).then(
        (answer) => setOffered(answer.offered),
        // Not being able to ask is no news: the indicator comes from LiveKit.
        () => undefined,
      );
    };
    const onConnected = (): void => {
      update();
      const { live, waiting } = viewOf(room);
      if (live || waiting) look();
    };
    const onStatus = (isRecording: boolean): void => {
      update();
      if (isRecording) look();
    };
    const onData = (data: Uint8Array, sender?: Participant, _kind?: unknown, topic?: string) => {
      // The server's own messages have no sender; people cannot forge that.
      if (sender !== undefined || topic !== RECORDING_TOPIC) return;
      const told = parseEnd(data);
      if (told !== null) setEnd(told);
    };
    update();
    look();
    room
      .on(RoomEvent.ParticipantConnected, onConnected)
      .on(RoomEvent.ParticipantDisconnected, update)
      .on(RoomEvent.ParticipantAttributesChanged, update)
      .on(RoomEvent.ParticipantNameChanged, update)
      .on(RoomEvent.Reconnected, onConnected)
      .on(RoomEvent.RecordingStatusChanged, onStatus)
      .on(RoomEvent.DataReceived, onData);
    return () => {
      life.abort();
      room
        .off(RoomEvent.ParticipantConnected, onConnected)
        .off(RoomEvent.ParticipantDisconnected, update)
        .off(RoomEvent.ParticipantAttributesChanged, update)
        .off(RoomEvent.ParticipantNameChanged, update)
        .off(RoomEvent.Reconnected, onConnected)
        .off(RoomEvent.RecordingStatusChanged, onStatus)
        .off(RoomEvent.DataReceived, onData);
    };
  }, [room, getToken]);

  const { live } = view;
  useEffect(() => {
    if (live) setEnd(null);
  }, [live]);
  useEffect(() => {
    if (end === null && refusal === null) return;
    const timer = setTimeout(() => {
      setEnd(null);
      setRefusal(null);
    }, NOTICE_MS);
    return () => clearTimeout(timer);
  }, [end, refusal]);

  const act = useCallback<Recording['act']>(
    (action, request) => {
      const token = getToken();
      if (token === null) return;
      setRefusal(null);
      // A withdrawal is never held up by an answer that is still on its way.
      setBusy(action === 'ask' || action === 'agree');
      const body = {
        participant_token: token,
        action,
        ...(request === undefined ? {} : { request }),
      };
      actOnRecording(body, new AbortController().signal)
        .catch((thrown: unknown) => {
          setRefusal(thrown instanceof PageApiError ? thrown.problem.cure : String(thrown));
        })
        .finally(() => setBusy(false));
    },
    [getToken],
  );
  return { ...view, offered, busy, end, refusal, act };
}

function viewOf(room: Room): RecordingView {
  const people: NamedPerson[] = [room.localParticipant, ...room.remoteParticipants.values()]
    .filter(({ kind }) => kind !== ParticipantKind.AGENT && kind !== ParticipantKind.EGRESS)
    .map(({ identity, name, attributes }) => ({ identity, name: name ?? '', attributes }));
  return recordingView(people, room.localParticipant.identity, room.isRecording);
}

function parseEnd(data: Uint8Array): RecordingEnd | null {
  try {
    return recordingEndSchema.parse(JSON.parse(new TextDecoder().decode(data))).reason;
  } catch {
    return null;
  }
}
