/** Which room a session is in, for log lines: LiveKit's ids, which say nothing about anybody and open no door. */

/** Sessions remembered; far more than run at once. */
const MAX_SESSIONS = 1024;

/** Room sid by session id; the oldest are forgotten. */
export class SessionRooms {
  readonly #rooms = new Map<string, string>();

  /** A session is about to begin. */
  note(sessionId: string, roomSid: string): void {
    this.#rooms.set(sessionId, roomSid);
    if (this.#rooms.size <= MAX_SESSIONS) return;
    const oldest = this.#rooms.keys().next();
    if (!oldest.done) this.#rooms.delete(oldest.value);
  }

  /** The room of a session; undefined when it is not known any more. */
  of(sessionId: string): string | undefined {
    return this.#rooms.get(sessionId);
  }
}

/** What a log line about a session is completed with: the same names in every process. */
export function sessionFields(
  fields: object,
  rooms: SessionRooms | undefined,
): Record<string, string> {
  const { sessionId, job } = fields as { sessionId?: unknown; job?: unknown };
  const id = sessionId ?? job;
  if (typeof id !== 'string' || id === '') return {};
  const room = rooms?.of(id);
  return { sessionId: id, ...(room === undefined ? {} : { room }) };
}
