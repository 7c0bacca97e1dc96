/** What the page shows about recording, from what LiveKit says about the room. Pure. */
import {
  RECORDING_ATTRIBUTES,
  openRequest,
  type Person,
  type RecordingEnd,
} from '../server/recording-contract.ts';

/** A person as the page knows them. */
export type NamedPerson = Person & {
  /** As they call themselves; may be empty. */
  readonly name: string;
};

/** Recording from one person's point of view. */
export type RecordingView = {
  /** Whether this room is recorded, or about to be within moments. */
  readonly live: boolean;
  /** Id of the request this person has to answer; null when there is none. */
  readonly toAnswer: string | null;
  /** Whether a request waits for others. */
  readonly waiting: boolean;
  /** Name of whoever asked. */
  readonly asker: string;
};

/** `isRecording`: LiveKit itself sees a recorder in the room. The indicator shows when either says so. */
export function recordingView(
  people: readonly NamedPerson[],
  self: string,
  isRecording: boolean,
): RecordingView {
  const request = openRequest(people);
  const own = people.find(({ identity }) => identity === self);
  const answered = own?.attributes[RECORDING_ATTRIBUTES.agreed] ?? '';
  const asker = people.find(({ identity }) => identity === request?.asker)?.name ?? '';
  return {
    live: isRecording || request?.agreedByAll === true,
    toAnswer: request !== null && answered !== request.id ? request.id : null,
    waiting: request !== null && answered === request.id && !request.agreedByAll,
    asker: asker.trim() === '' ? 'Someone in this room' : asker,
  };
}

/** One sentence for each way a recording pauses or ends. */
export const RECORDING_ENDS: Readonly<Record<RecordingEnd, string>> = {
  declined: 'Nothing is recorded: not everyone agreed.',
  stopped: 'The recording was stopped.',
  newcomer: 'The recording is paused: someone joined and is asked first.',
  'asker-left': 'The recording has ended: whoever asked for it has left.',
  failed: 'The recording has ended: the recorder stopped working.',
  unavailable: 'Nothing is recorded: no recorder is free on this server.',
  limit: 'The recording has ended: it was as long as this server allows.',
};
