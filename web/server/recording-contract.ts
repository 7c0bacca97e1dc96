/**
 * Shapes shared by the recording API and the page: the request, the attributes that hold consent, and what they mean.
 * Consent lives in LiveKit as attributes of each person. No token of ours may change them; this page's server alone does.
 */
import { z } from 'zod';

/** Attributes of a person. Values are ids of requests to record; empty or absent: none. */
export const RECORDING_ATTRIBUTES = {
  /** Set on the person who asked. The request ends when this person leaves. */
  asked: 'recording.asked',
  /** Set on everyone who has agreed to this very request. */
  agreed: 'recording.agreed',
} as const;

/** Topic of the server's data messages that say why a recording paused or ended. */
export const RECORDING_TOPIC = 'recording';

/** Why a recording is not running any more. */
export const recordingEndSchema = z.object({
  reason: z.enum([
    'declined',
    'stopped',
    'newcomer',
    'asker-left',
    'failed',
    'unavailable',
    'limit',
  ]),
});
export type RecordingEnd = z.infer<typeof recordingEndSchema>['reason'];

/** `POST /api/recording`; authorised by the participant's own token and their presence in the room. */
export const recordingActionSchema = z.strictObject({
  participant_token: z.string().min(1).max(4096),
  /** `look`: is recording offered here; also lets the server look at the room at once. */
  action: z.enum(['look', 'ask', 'agree', 'decline', 'stop']),
  /** Id of the request that `agree` answers. */
  request: z.string().min(1).max(64).optional(),
});
export type RecordingAction = z.infer<typeof recordingActionSchema>;

/** Answer of `POST /api/recording`. */
export const recordingAnswerSchema = z.object({
  /** Whether the operator lets people record. */
  offered: z.boolean(),
  /** The request that is open now, if any. */
  request: z.string().nullable(),
});
export type RecordingAnswer = z.infer<typeof recordingAnswerSchema>;

/** One person in the room. Avatars and recorders are not people. */
export type Person = {
  readonly identity: string;
  readonly attributes: Readonly<Record<string, string>>;
};

/** An open request to record. */
export type RecordingRequest = {
  readonly id: string;
  /** Identity of the person who asked. */
  readonly asker: string;
  /** Whether everyone in the room has agreed to it. */
  readonly agreedByAll: boolean;
};

/** The open request among `people`; two asked at once: the smaller id holds for everybody. */
export function openRequest(people: readonly Person[]): RecordingRequest | null {
  let found: { id: string; asker: string } | null = null;
  for (const { identity, attributes } of people) {
    const id = attributes[RECORDING_ATTRIBUTES.asked] ?? '';
    if (id !== '' && (found === null || id < found.id)) found = { id, asker: identity };
  }
  if (found === null) return null;
  const { id } = found;
  const agreedByAll = people.every(
    ({ attributes }) => attributes[RECORDING_ATTRIBUTES.agreed] === id,
  );
  return { ...found, agreedByAll };
}
