'use client';
import type { Room } from 'livekit-client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { SessionController } from './session-controller.ts';
import { IDLE, type SessionState } from './session-state.ts';

/** The page's session: its state, its room while there is one, and the controller to act on it. */
export function useSession(): {
  state: SessionState;
  room: Room | null;
  session: SessionController;
} {
  const [session] = useState(() => new SessionController());
  const state = useSyncExternalStore(session.subscribe, session.getState, () => IDLE);
  useEffect(() => () => void session.leave(), [session]);
  return { state, room: session.getRoom(), session };
}
