/**
 * Owns one LiveKit room from "join" to "left": grant, connect, microphone, asking again for one's avatar, because LiveKit
 * offers a job once, and inviting others. Framework-free; the page subscribes to its state.
 */
import type { SessionGrant } from '@live-avatar/agent/contract';
import { Room, RoomEvent, type DisconnectReason } from 'livekit-client';
import { delay } from './delay.ts';
import { allowedListeners, guardMicrophone } from './microphone-privacy.ts';
import {
  PageApiError,
  createInvitation,
  openSession,
  renewToken,
  requestAgent,
  type Guest,
} from './page-api.ts';
import { comesBack, patiently, reconnectPolicy } from './patience.ts';
import type { Problem } from './problems.ts';
import { sendMicrophone } from './send-microphone.ts';
import { connectProblem, disconnectProblem } from './session-problems.ts';
import {
  IDLE,
  redispatchDelayMs,
  sessionReducer,
  type SessionEvent,
  type SessionState,
} from './session-state.ts';
import { SessionToken } from './session-token.ts';

/** An avatar normally appears in well under a second; after this the page asks again, ms. */
const AGENT_EXPECTED_MS = 5000;
/** An avatar that left may be replaced at once; a moment lets the server notice, ms. */
const AGENT_REPLACE_MS = 700;

/** One person's session. Reusable: join, leave, join again. */
export class SessionController {
  #state: SessionState = IDLE;
  #room: Room | null = null;
  #token: SessionToken | null = null;
  #maxPeople = 1;
  /** How this person came into the room, to find back into the same one; null: it is their own. */
  #guest: Guest | null = null;
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
  /** The person's own participant token; null outside a room. */
  readonly getToken = (): string | null => this.#token?.value ?? null;

  /** People this room holds at most. */
  get maxPeople(): number {
    return this.#maxPeople;
  }

  /**
   * Join with an avatar, speaking through `microphone`, in a new room or as a guest. Failures end in the state, never in
   * a throw.
   */
  async join(
    avatarId: string,
    microphone: MediaStreamTrack,
    guest: Guest | null = null,
  ): Promise<void> {
    await this.#close();
    this.#guest = guest;
    const life = this.#life;
    const room = this.#openRoom(life.signal);
    this.#room = room;
    this.#dispatch({ type: 'join', avatarId });
    try {
      const grant: SessionGrant = await patiently(
        () => openSession(avatarId, guest, life.signal),
        () => this.#dispatch({ type: 'away' }),
        life.signal,
      );
      this.#token = new SessionToken(grant.participant_token, renewToken, life.signal);
      this.#maxPeople = grant.max_people;
      this.#dispatch({ type: 'granted' });
      // Before the room is entered: the microphone is never published to more than it should be.
      guardMicrophone(room, grant.privacy);
      await room.connect(grant.server_url, grant.participant_token, { maxRetries: 1 });
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
    await sendMicrophone(room, track, isFirst);
  }

  /** An invitation to this room. @throws PageApiError */
  invite(): Promise<string> {
    return createInvitation(this.#token?.value ?? '', this.#life.signal);
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
    const room = new Room({
      disconnectOnPageLeave: true,
      stopLocalTrackOnUnpublish: false,
      reconnectPolicy: reconnectPolicy(),
    });
    const whileAlive = (handler: () => void) => () => {
      if (!signal.aborted) handler();
    };
    const update = whileAlive(() => this.#updateAgent());
    const interrupted = whileAlive(() =>
      this.#dispatch({ type: 'reconnecting', reconnecting: true }),
    );
    const restored = whileAlive(() => {
      this.#dispatch({ type: 'reconnecting', reconnecting: false });
      this.#updateAgent();
    });
    room
      .on(RoomEvent.ParticipantConnected, update)
      .on(RoomEvent.ParticipantDisconnected, update)
      .on(RoomEvent.SignalReconnecting, interrupted)
      .on(RoomEvent.Reconnecting, interrupted)
      .on(RoomEvent.Reconnected, restored)
      .on(RoomEvent.Disconnected, (reason?: DisconnectReason) => {
        // A failed first connect is reported by connect() itself.
        if (signal.aborted || this.#state.phase !== 'room') return;
        if (comesBack(reason)) void this.#renew(this.#state.avatarId);
        else void this.#end(disconnectProblem(reason));
      });
    return room;
  }

  /** Whether this person's own avatar is in the room; others have theirs. */
  #hasAgent(): boolean {
    const room = this.#room;
    if (room === null) return false;
    const { localParticipant, remoteParticipants } = room;
    return allowedListeners(localParticipant.identity, remoteParticipants.values()).length > 0;
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
    const lostAtMs =
      this.#state.phase === 'room' && this.#state.agent === 'lost' ? performance.now() : null;
    await delay(firstWaitMs, signal);
    for (let attempt = 0; !isOver(); attempt += 1) {
      const state = this.#state;
      if (state.phase !== 'room' || this.#token === null) return;
      if (state.agent === 'coming') this.#dispatch({ type: 'agent', agent: 'waiting' });
      try {
        if (!state.reconnecting) {
          const lostMs = lostAtMs === null ? null : performance.now() - lostAtMs;
          await requestAgent(this.#token.value, { replace: this.#hasAgent(), lostMs }, signal);
        }
      } catch (thrown) {
        if (isOver()) return;
        const status = thrown instanceof PageApiError ? thrown.status : 0;
        // 401: the token outlived its 15 minutes (a laptop that slept); 410: the room is gone. A new session has both.
        if (status === 401 || status === 410) return void this.#renew(state.avatarId);
        // Away or busy services come back: keep asking.
      }
      await delay(redispatchDelayMs(attempt), signal);
    }
  }

  async #renew(avatarId: string): Promise<void> {
    const track = this.#microphone;
    if (track === null) return this.#end(null);
    await this.join(avatarId, track, this.#guest);
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
    this.#token = null;
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
