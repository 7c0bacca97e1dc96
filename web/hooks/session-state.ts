/** The life of one session as a pure reducer: what the page shows follows from this alone. */
import type { Problem } from './problems.ts';

/**
 * Where the avatar is. coming: the first seconds after joining; waiting: none took the job, asking again;
 * lost: it was here and left, asking again; present: it is in the room.
 */
export type AgentPhase = 'coming' | 'waiting' | 'lost' | 'present';

/** State of the page's one session. */
export type SessionState =
  | { readonly phase: 'idle'; readonly problem: Problem | null }
  | {
      readonly phase: 'joining';
      readonly avatarId: string;
      readonly step: 'asking' | 'waiting' | 'connecting';
    }
  | {
      readonly phase: 'room';
      readonly avatarId: string;
      readonly agent: AgentPhase;
      readonly reconnecting: boolean;
      /** Something that does not end the session. */
      readonly notice: Problem | null;
    };

/** What can happen to a session. */
export type SessionEvent =
  | { readonly type: 'join'; readonly avatarId: string }
  | { readonly type: 'granted' }
  /** The service is away; the page keeps asking. */
  | { readonly type: 'away' }
  | { readonly type: 'connected' }
  | { readonly type: 'agent'; readonly agent: AgentPhase }
  | { readonly type: 'selected'; readonly avatarId: string }
  | { readonly type: 'reconnecting'; readonly reconnecting: boolean }
  | { readonly type: 'notice'; readonly notice: Problem | null }
  | { readonly type: 'ended'; readonly problem: Problem | null };

export const IDLE: SessionState = { phase: 'idle', problem: null };

/** Next state. Events that do not fit the state (late answers, events of a left room) change nothing. */
export function sessionReducer(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'join':
      return { phase: 'joining', avatarId: event.avatarId, step: 'asking' };
    case 'away':
      return state.phase === 'joining' ? { ...state, step: 'waiting' } : state;
    case 'granted':
      return state.phase === 'joining' ? { ...state, step: 'connecting' } : state;
    case 'connected':
      return state.phase === 'joining'
        ? {
            phase: 'room',
            avatarId: state.avatarId,
            agent: 'coming',
            reconnecting: false,
            notice: null,
          }
        : state;
    case 'agent':
      return state.phase === 'room' ? { ...state, agent: event.agent } : state;
    case 'selected':
      return state.phase === 'room' ? { ...state, avatarId: event.avatarId } : state;
    case 'reconnecting':
      return state.phase === 'room' ? { ...state, reconnecting: event.reconnecting } : state;
    case 'notice':
      return state.phase === 'room' ? { ...state, notice: event.notice } : state;
    case 'ended':
      return { phase: 'idle', problem: event.problem };
  }
}

/**
 * Wait before asking for an avatar again, ms: 2 s for as long as a restart takes, then 5 s. `attempt` counts from 0. An
 * avatar that is on its way is not sent for twice, however often the page asks.
 */
export function redispatchDelayMs(attempt: number): number {
  return attempt < 60 ? 2000 : 5000;
}
