/**
 * Every failure the service can report: code → HTTP status, whether a retry can help, and what it means.
 * docs/errors.md lists the same table; a test proves that they match.
 */
export const ERRORS = {
  CONFIG_INVALID: {
    status: 500,
    retryable: false,
    meaning: 'configs/realtime.yaml or the environment has a wrong, unknown or missing setting.',
  },
  DEPENDENCY_MISSING: {
    status: 500,
    retryable: false,
    meaning: 'A program the task needs (ffmpeg, livekit-server) is not installed.',
  },
  MODEL_PACK_MISSING: {
    status: 500,
    retryable: false,
    meaning: 'A file of a model pack is not there.',
  },
  MODEL_PACK_CORRUPT: {
    status: 500,
    retryable: false,
    meaning: 'A file of a model pack has a wrong hash, size or tensor shape.',
  },
  MODEL_FETCH_FAILED: {
    status: 500,
    retryable: true,
    meaning: 'A file of a model pack cannot be fetched: server, connection, lock or disk.',
  },
  SOURCE_MISSING: {
    status: 404,
    retryable: false,
    meaning: 'The video, image, folder or clip of an avatar does not exist.',
  },
  SOURCE_UNREADABLE: {
    status: 422,
    retryable: false,
    meaning: 'The video, image or clip of an avatar cannot be decoded.',
  },
  SOURCE_TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: 'A picture, video, clip or upload is over its limit.',
  },
  FACE_NOT_FOUND: {
    status: 422,
    retryable: false,
    meaning: 'No face was found, or it was lost for too long.',
  },
  BUNDLE_INVALID: {
    status: 500,
    retryable: false,
    meaning: 'A prepared avatar on disk is incomplete or damaged.',
  },
  BUNDLE_NOT_WRITTEN: {
    status: 500,
    retryable: true,
    meaning: 'A prepared avatar cannot be written: the disk is full or the folder is read-only.',
  },
  AVATAR_NOT_FOUND: { status: 404, retryable: false, meaning: 'No avatar has this id.' },
  AVATAR_NOT_READY: {
    status: 409,
    retryable: true,
    meaning: 'The avatar is still being prepared, or its preparation failed.',
  },
  CLIP_NOT_FOUND: {
    status: 404,
    retryable: false,
    meaning: 'The avatar has no sample clip of this name.',
  },
  SESSION_LIMIT_REACHED: {
    status: 503,
    retryable: true,
    meaning: 'service.max_sessions sessions are already running.',
  },
  ROOM_FULL: {
    status: 503,
    retryable: true,
    meaning: 'The room an invitation leads to holds as many people as it may (ROOM_MAX_PEOPLE).',
  },
  SESSION_CLOSED: { status: 410, retryable: false, meaning: 'The session has ended.' },
  REQUEST_INVALID: {
    status: 400,
    retryable: false,
    meaning: 'A request body, RPC payload or message is malformed or too large.',
  },
  UNAUTHORIZED: {
    status: 401,
    retryable: false,
    meaning: 'A token or signature is missing, expired or not ours.',
  },
  INVITATION_INVALID: {
    status: 401,
    retryable: false,
    meaning: 'The invitation has expired, is incomplete or not from this service.',
  },
  ACCESS_DENIED: {
    status: 401,
    retryable: false,
    meaning:
      'The passcode, API key or signed-in user is missing or wrong, or this address may not ask.',
  },
  RATE_LIMITED: {
    status: 429,
    retryable: true,
    meaning: 'Too many requests from one address, key or user.',
  },
  AGENT_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'No agent is running, or it does not answer.',
  },
  LIVEKIT_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'The LiveKit server does not answer.',
  },
  RECORDING_OFF: {
    status: 403,
    retryable: false,
    meaning: 'The operator has not turned recording on.',
  },
  RECORDING_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'No recorder is running or free, or microphones are not private.',
  },
  INFERENCE_FAILED: { status: 500, retryable: true, meaning: 'A model failed while running.' },
  ENGINE_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: 'The engine process is gone or does not answer its socket.',
  },
  PROTOCOL_VIOLATION: {
    status: 400,
    retryable: false,
    meaning: 'A peer on the engine socket sent something outside the protocol.',
  },
  INTERNAL: {
    status: 500,
    retryable: false,
    meaning: 'A bug: anything that is not in this table.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; meaning: string }>;

/** Closed set of error codes; the same strings travel in HTTP bodies, RPC errors and logs. */
export type ErrorCode = keyof typeof ERRORS;

/** The one error class that crosses module borders. `message` says what failed, with which value, and what to do. */
export class AvatarError extends Error {
  override readonly name = 'AvatarError';
  readonly code: ErrorCode;

  /** Known by its name: the page's bundler may load this class once per bundle, and errors cross bundles. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'AvatarError';
  }

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** HTTP status of the code. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Convert anything thrown to an AvatarError; used once per process border (job entry, API handler, CLI, socket). */
export function toAvatarError(thrown: unknown): AvatarError {
  if (thrown instanceof AvatarError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AvatarError('INTERNAL', message, { cause: thrown });
}
