/** The one word about somebody else in the room, from everything the page knows of their avatar. Pure. */

/** What is known. */
export type PersonFacts = {
  /** Their avatar is in the room. */
  readonly present: boolean;
  /** It shows a live picture. */
  readonly hasPicture: boolean;
  /** It has done so before. */
  readonly wasSeen: boolean;
  /** They have been without one for a while. */
  readonly waitsLong: boolean;
  readonly status: 'ready' | 'switching' | 'failed';
  readonly state: 'initializing' | 'listening' | 'speaking';
  readonly muted: boolean;
};

/** What their tile shows. `blocking`: the picture is dimmed and the text stands over it. */
export type PersonStatus = {
  readonly kind: 'failed' | 'coming' | 'waiting' | 'lost' | 'speaking' | 'muted' | 'listening';
  readonly text: string;
  readonly blocking: boolean;
};

/** The status that matters most right now. */
export function personStatus(facts: PersonFacts): PersonStatus {
  if (facts.present && facts.status === 'failed') {
    return { kind: 'failed', text: 'Avatar stopped working', blocking: true };
  }
  if (!facts.present || !facts.hasPicture) {
    if (facts.wasSeen) return { kind: 'lost', text: 'Avatar is coming back…', blocking: true };
    return facts.waitsLong
      ? { kind: 'waiting', text: 'Waiting for a free avatar…', blocking: true }
      : { kind: 'coming', text: 'Avatar is coming…', blocking: true };
  }
  if (facts.state === 'speaking') return { kind: 'speaking', text: 'Speaking', blocking: false };
  if (facts.muted) return { kind: 'muted', text: 'Muted', blocking: false };
  return { kind: 'listening', text: 'Listening', blocking: false };
}
