/** The one word about a running session, from everything the page knows. Pure. */
import type { AgentPhase } from '../hooks/session-state.ts';

/** What is known. */
export type CallFacts = {
  readonly agent: AgentPhase;
  readonly reconnecting: boolean;
  /** Whether a picture of the avatar was shown since it came. */
  readonly hasPicture: boolean;
  readonly status: 'ready' | 'switching' | 'failed';
  readonly state: 'initializing' | 'listening' | 'speaking';
  readonly muted: boolean;
  readonly avatarName: string;
};

/** What the page shows. `blocking`: the picture is dimmed and the text stands over it. */
export type CallStatus = {
  readonly kind:
    | 'reconnecting'
    | 'lost'
    | 'waiting'
    | 'connecting'
    | 'failed'
    | 'switching'
    | 'speaking'
    | 'muted'
    | 'listening';
  readonly text: string;
  readonly hint?: string;
  readonly blocking: boolean;
};

/** The status that matters most right now. */
export function callStatus(facts: CallFacts): CallStatus {
  const { agent, avatarName } = facts;
  if (facts.reconnecting) {
    return {
      kind: 'reconnecting',
      text: 'Reconnecting…',
      hint: 'The network was interrupted. This goes on by itself.',
      blocking: true,
    };
  }
  if (agent === 'lost') {
    return {
      kind: 'lost',
      text: 'The avatar left. Getting another one…',
      hint: 'Its process ended. You stay in the session.',
      blocking: true,
    };
  }
  if (agent === 'waiting') {
    return {
      kind: 'waiting',
      text: 'Waiting for a free avatar…',
      hint: 'All are busy or still starting. You are next as soon as one is free.',
      blocking: true,
    };
  }
  if (agent === 'coming' || !facts.hasPicture) {
    return { kind: 'connecting', text: `${avatarName} is coming…`, blocking: true };
  }
  if (facts.status === 'failed') {
    return {
      kind: 'failed',
      text: 'The avatar stopped working',
      hint: 'Switch to another one, or leave and join again.',
      blocking: true,
    };
  }
  if (facts.status === 'switching')
    return { kind: 'switching', text: 'Switching…', blocking: false };
  if (facts.state === 'speaking') return { kind: 'speaking', text: 'Speaking', blocking: false };
  if (facts.muted) return { kind: 'muted', text: 'Muted', blocking: false };
  return { kind: 'listening', text: 'Listening', blocking: false };
}
