/**
 * Owns one LiveKit room from "join" to "left": grant, connect, microphone, and asking again for an avatar,
 * because LiveKit offers a job once. Framework-free; the page subscribes to its state.
 */
import type { SessionGrant } from '@live-avatar/agent/contract';
import { AudioPresets, Room, RoomEvent, Track, type DisconnectReason } from 'livekit-client';
import { guardMicrophone } from './microphone-privacy.ts';
import { PageApiError, openSession, requestAgent } from './page-api.ts';
import type { Problem } from './problems.ts';
import { connectProblem, disconnectProblem } from './session-problems.ts';
import {
  IDLE,
  redispatchDelayMs,
  sessionReducer,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';

/** An avatar normally appears in well under a second; after this the page asks again, ms. */
const AGENT_EXPECTED_MS = 5000;
/** An avatar that left may be replaced at once; a moment lets the server notice, ms. */
const AGENT_REPLACE_MS = 700;

const delay = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });

/** One person's session. Reusable: join, leave, join again. */
export class SessionController {
  #state: SessionState = IDLE;
  #room: Room | null = null;
  #grant: SessionGrant | null = null;
  #microphone: MediaStreamTrack | null = null;
  /** Ends everything that runs for the present room. */
  #life = new AbortController();
  /** Ends the present wait for an avatar. */
  #watch = new AbortController();
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly getState = (): SessionState => this.#state;
  readonly getRoom = (): Room | null => this.#room;

  /** Join with an avatar, speaking through `microphone`. Failures end in the state, never in a throw. */
  async join(avatarId: string, microphone: MediaStreamTrack): Promise<void> {
    await this.#close();
    const life = this.#life;
    const room = this.#openRoom(life.signal);
    this.#room = room;
    this.#dispatch({ type: 'join', avatarId });
    try {
      this.#grant = await openSession(avatarId, life.signal);
      this.#dispatch({ type: 'granted' });
      // Before the room is entered: the microphone is never published to more than it should be.
      guardMicrophone(room, this.#grant.privacy);
      await room.connect(this.#grant.server_url, this.#grant.participant_token, { maxRetries: 1 });
      if (life.signal.aborted) return;
      this.#dispatch({ type: 'connected' });
      this.#updateAgent();
      await this.setMicrophone(microphone);
    } catch (thrown) {
      if (life.signal.aborted) return;
      const problem = thrown instanceof PageApiError ? thrown.problem : connectProblem(thrown);
      await this.#end(problem);
    }
  }

  /** Leave and release the room. */
  async leave(): Promise<void> {
    await this.#end(null);
  }

  /** Speak through another microphone from now on. The caller owns and stops the track. */
  async setMicrophone(track: MediaStreamTrack): Promise<void> {
    const room = this.#room;
    if (room === null || this.#state.phase !== 'room') return;
    if (this.#microphone === track) return;
    const isFirst = this.#microphone === null;
    this.#microphone = track;
    const published = room.localParticipant.getTrackPublication(Track.Source.Microphone);
    if (published?.audioTrack !== undefined) {
      track.enabled = !published.isMuted;
      await published.audioTrack.replaceTrack(track, true);
      return;
    }
    if (!isFirst) return;
    track.enabled = true;
    await room.localParticipant.publishTrack(track, {
      source: Track.Source.Microphone,
      audioPreset: AudioPresets.music,
      // Pauses must reach the avatar as they are: comfort noise would delay the next word.
      dtx: false,
    });
  }

  /** Tell the state which avatar speaks now, so that a replacement starts with it. */
  selected(avatarId: string): void {
    this.#dispatch({ type: 'selected', avatarId });
  }

  /** The avatar's picture has stopped though it is still listed: get another one. */
  replaceAgent(): void {
    const state = this.#state;
    if (state.phase !== 'room' || state.agent !== 'present' || state.reconnecting) return;
    this.#dispatch({ type: 'agent', agent: 'lost' });
    void this.#waitForAgent(0);
  }

  /** Show something that does not end the session; null hides it. */
  notice(notice: Problem | null): void {
    this.#dispatch({ type: 'notice', notice });
  }

  /** Forget the problem of the last session. */
  dismissProblem(): void {
    if (this.#state.phase === 'idle') this.#dispatch({ type: 'ended', problem: null });
  }

  #openRoom(signal: AbortSignal): Room {
    const room = new Room({ disconnectOnPageLeave: true, stopLocalTrackOnUnpublish: false });
    const on = (handler: () => void) => () => {
      if (!signal.aborted) handler();
    };
    room
      .on(
        RoomEvent.ParticipantConnected,
        on(() => this.#updateAgent()),
      )
      .on(
        RoomEvent.ParticipantDisconnected,
        on(() => this.#updateAgent()),
      )
      .on(
        RoomEvent.SignalReconnecting,
        on(() => this.#dispatch({ type: 'reconnecting', reconnecting: true })),
      )
      .on(
        RoomEvent.Reconnecting,
        on(() => this.#dispatch({ type: 'reconnecting', reconnecting: true })),
      )
      .on(
        RoomEvent.Reconnected,
        on(() => {
          this.#dispatch({ type: 'reconnecting', reconnecting: false });
          this.#updateAgent();
        }),
      )
      .on(RoomEvent.Disconnected, (reason?: DisconnectReason) => {
        // A failed first connect is reported by connect() itself.
        if (!signal.aborted && this.#state.phase === 'room')
          void this.#end(disconnectProblem(reason));
      });
    return room;
  }

  #hasAgent(): boolean {
    const others = this.#room?.remoteParticipants.values() ?? [];
    return [...others].some(({ isAgent }) => isAgent);
  }

  /** Look for the avatar in the room and start or stop waiting for one. */
  #updateAgent(): void {
    const state = this.#state;
    if (this.#room === null || state.phase !== 'room') return;
    if (this.#hasAgent()) {
      this.#watch.abort();
      this.#dispatch({ type: 'agent', agent: 'present' });
      return;
    }
    if (state.agent === 'present') {
      this.#dispatch({ type: 'agent', agent: 'lost' });
      void this.#waitForAgent(AGENT_REPLACE_MS);
    } else if (state.agent === 'coming') {
      void this.#waitForAgent(AGENT_EXPECTED_MS);
    }
  }

  /** Ask for an avatar until one comes, the person leaves, or the session turns out to be over. */
  async #waitForAgent(firstWaitMs: number): Promise<void> {
    this.#watch.abort();
    this.#watch = new AbortController();
    const signal = AbortSignal.any([this.#watch.signal, this.#life.signal]);
    const isOver = (): boolean => signal.aborted;
    await delay(firstWaitMs, signal);
    for (let attempt = 0; !isOver(); attempt += 1) {
      const state = this.#state;
      if (state.phase !== 'room' || this.#grant === null) return;
      if (state.agent === 'coming') this.#dispatch({ type: 'agent', agent: 'waiting' });
      try {
        if (!state.reconnecting) {
          const token = this.#grant.participant_token;
          await requestAgent(token, this.#hasAgent(), signal);
        }
      } catch (thrown) {
        if (isOver()) return;
        const status = thrown instanceof PageApiError ? thrown.status : 0;
        // 401: the token outlived its 15 minutes; 410: the room is gone. A new session has both.
        if (status === 401 || status === 410) return void this.#renew(state.avatarId);
        // Away or busy services come back: keep asking.
      }
      await delay(redispatchDelayMs(attempt), signal);
    }
  }

  async #renew(avatarId: string): Promise<void> {
    const track = this.#microphone;
    if (track === null) return this.#end(null);
    await this.join(avatarId, track);
  }

  async #end(problem: Problem | null): Promise<void> {
    await this.#close();
    this.#dispatch({ type: 'ended', problem });
  }

  async #close(): Promise<void> {
    this.#life.abort();
    this.#life = new AbortController();
    const room = this.#room;
    this.#room = null;
    this.#grant = null;
    this.#microphone = null;
    await room?.disconnect(false);
  }

  #dispatch(event: SessionEvent): void {
    const next = sessionReducer(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}
