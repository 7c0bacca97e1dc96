/** Everything that can go wrong from a person's point of view: what it is, how to mend it, what the page offers. */
import type { ErrorCode } from '@live-avatar/agent/errors';

/** What the banner's button does. */
export type ProblemAction = 'join-again' | 'own-room' | 'retry-microphone' | 'reload' | 'dismiss';

/** One failure as the page shows it. */
export type Problem = {
  /** An ErrorCode, or one of the page's own codes below. */
  readonly code: string;
  readonly title: string;
  /** One or two sentences that say what to do. */
  readonly cure: string;
  readonly action: ProblemAction;
  /** The technical text, shown folded. */
  readonly detail?: string;
};

type Template = Omit<Problem, 'code' | 'detail'>;

/** The page's own codes: microphone and room. */
const PAGE_PROBLEMS = {
  INSECURE_CONTEXT: {
    title: 'This address cannot use the microphone',
    cure: 'Browsers allow microphones on https:// and on localhost only. Open http://localhost with this port on the machine itself, or put the page behind HTTPS.',
    action: 'reload',
  },
  MIC_NOT_FOUND: {
    title: 'No microphone found',
    cure: 'Plug one in or turn it on in the system settings, then try again.',
    action: 'retry-microphone',
  },
  MIC_BLOCKED: {
    title: 'The microphone is blocked',
    cure: 'Click the icon left of the address, allow the microphone for this site, then try again. If it stays blocked, allow the browser in the system’s privacy settings.',
    action: 'retry-microphone',
  },
  MIC_IN_USE: {
    title: 'The microphone cannot be opened',
    cure: 'Another program may hold it. Close calls and recorders, or choose another microphone, then try again.',
    action: 'retry-microphone',
  },
  MIC_LOST: {
    title: 'The microphone was disconnected',
    cure: 'Plug it in again or choose another one. The avatar stays with you.',
    action: 'retry-microphone',
  },
  PAGE_SERVER_AWAY: {
    title: 'The page’s server does not answer',
    cure: 'Check that the service is still running (`npm start`) and that you are online.',
    action: 'join-again',
  },
  ROOM_UNREACHABLE: {
    title: 'LiveKit cannot be reached from this browser',
    cure: 'Check that the LiveKit server runs and that this device can reach its ports (7880 and 7881 TCP, 7882 UDP unless changed).',
    action: 'join-again',
  },
  TOKEN_EXPIRED: {
    title: 'The invitation to this session has expired',
    cure: 'Join again to get a new one.',
    action: 'join-again',
  },
  LINK_INCOMPLETE: {
    title: 'This link is incomplete',
    cure: 'What stands behind its `#` is missing. Open the link again as it was sent to you, or ask for it again.',
    action: 'own-room',
  },
  DUPLICATE_IDENTITY: {
    title: 'This session continues in another tab',
    cure: 'The same session was opened elsewhere. Continue there, or join here with a new one.',
    action: 'join-again',
  },
  REMOVED: {
    title: 'You were removed from the session',
    cure: 'Someone who administers the server ended your session. You can join again.',
    action: 'join-again',
  },
  ROOM_CLOSED: {
    title: 'The session was closed',
    cure: 'The room was closed on the server. Join again to open a new one.',
    action: 'join-again',
  },
  SERVER_RESTARTED: {
    title: 'The LiveKit server was stopped',
    cure: 'It may be restarting. Join again in a moment.',
    action: 'join-again',
  },
  CONNECTION_LOST: {
    title: 'The connection was lost',
    cure: 'Reconnecting did not succeed. Check the network, then join again.',
    action: 'join-again',
  },
  AVATAR_FAILED: {
    title: 'The avatar stopped working',
    cure: 'Switch to another avatar, or leave and join again.',
    action: 'dismiss',
  },
  AVATAR_SILENT: {
    title: 'The avatar does not answer',
    cure: 'It may be busy. Try again in a moment.',
    action: 'dismiss',
  },
} as const satisfies Record<string, Template>;

/** Error codes of the service that deserve their own words; the server's message becomes the cure. */
const SERVICE_TITLES: Partial<Record<ErrorCode, string>> = {
  AGENT_UNAVAILABLE: 'The avatar service is away',
  LIVEKIT_UNAVAILABLE: 'The LiveKit server is away',
  SESSION_LIMIT_REACHED: 'All avatars are taken',
  ROOM_FULL: 'The room is full',
  INVITATION_INVALID: 'This invitation is not valid',
  AVATAR_NOT_FOUND: 'This avatar is gone',
  AVATAR_NOT_READY: 'This avatar is not ready',
  CLIP_NOT_FOUND: 'This sample is gone',
  RATE_LIMITED: 'That was too fast',
  UNAUTHORIZED: 'The session has expired',
  ACCESS_DENIED: 'This service needs you to sign in',
  SESSION_CLOSED: 'The session has ended',
  CONFIG_INVALID: 'The service is not set up completely',
};

/** What helps other than trying again. */
const SERVICE_ACTIONS: Readonly<Record<string, ProblemAction>> = {
  // Reloading shows the passcode field, or leads to the sign-in of the proxy.
  ACCESS_DENIED: 'reload',
  INVITATION_INVALID: 'own-room',
  SESSION_CLOSED: 'own-room',
};

export type PageProblemCode = keyof typeof PAGE_PROBLEMS;

/** One of the page's own problems. */
export function pageProblem(code: PageProblemCode, detail?: string): Problem {
  return { code, ...PAGE_PROBLEMS[code], ...(detail === undefined ? {} : { detail }) };
}

/** A failure that the service reported with a code and a message that holds the cure. */
export function serviceProblem(
  code: string,
  message: string,
  action: ProblemAction = SERVICE_ACTIONS[code] ?? 'join-again',
): Problem {
  const title = (SERVICE_TITLES as Record<string, string>)[code] ?? 'That did not work';
  return { code, title, cure: message, action };
}

/** Turn what getUserMedia threw into a problem. Names: Media Capture and Streams, §10.3. */
export function microphoneProblem(thrown: unknown): Problem {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
  const detail = `${name}: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return pageProblem('MIC_BLOCKED', detail);
    case 'NotFoundError':
    case 'OverconstrainedError':
      return pageProblem('MIC_NOT_FOUND', detail);
    default:
      return pageProblem('MIC_IN_USE', detail);
  }
}
