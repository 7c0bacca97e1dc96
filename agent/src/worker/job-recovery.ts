/**
 * Brings an avatar back when its job process has died. The dead participant would stay listed in LiveKit for 20 s and
 * keep its page waiting; the parent process knows at once, puts it out and sends for another avatar itself. The page's
 * own way of asking again stays as the second line.
 */
import type { JobRequest } from '@livekit/agents';
import type { Logger } from 'pino';
import type { DispatchClaims } from '../api/contract.ts';
import { toAvatarError } from '../errors.ts';
import { renewDispatch } from './dispatch-claims.ts';
import { RestartBudget } from './restart-budget.ts';
import type { RoomControl } from './room-control.ts';

/** What recovery knows of one job. */
export type WatchedJob = {
  readonly id: string;
  readonly room: string;
  readonly dispatchId: string;
  /** Of the avatar in the room. */
  readonly identity: string;
  /** Of the person who drives it. */
  readonly driver: string;
  /** Verified dispatch metadata. */
  readonly metadata: string;
};

/** A session (its job's id) and the avatar it shows. */
export type ShownAvatar = { readonly sessionId: string; readonly avatarId: string };

/** A job as recovery watches it. `identity`: of its avatar in the room. */
export function watchedJob(
  { id, dispatchId, metadata }: JobRequest['job'],
  identity: string,
  { room, participant }: DispatchClaims,
): WatchedJob {
  return { id, room, dispatchId, identity, driver: participant, metadata };
}

export type JobRecoveryOptions = {
  readonly rooms: Pick<RoomControl, 'members' | 'remove' | 'forgetDispatch' | 'dispatch'>;
  readonly apiSecret: string;
  readonly logger: Logger;
};

/** See the head of this file. Everything is per driver: a room may hold several people with an avatar each. */
export class JobRecovery {
  readonly #options: JobRecoveryOptions;
  readonly #budget = new RestartBudget();
  readonly #watched = new Map<string, WatchedJob>();
  /** What each session showed last: the person may have switched since the dispatch. */
  readonly #shown = new Map<string, string>();
  #closed = false;

  constructor(options: JobRecoveryOptions) {
    this.#options = options;
  }

  /** A job runs from now on. */
  watch(job: WatchedJob): void {
    this.#watched.set(job.id, job);
  }

  /** Ids of all jobs that run now. Watched ones that are missing have ended, well or badly. */
  observe(running: ReadonlySet<string>): void {
    for (const [id, job] of this.#watched) {
      if (running.has(id)) continue;
      this.#watched.delete(id);
      void this.#recover(job, 'its process has ended', false);
    }
  }

  /** A job that was accepted has never come to run (its process died before). */
  lost(job: WatchedJob): void {
    void this.#recover(job, 'it never started', true);
  }

  /** Remember what a session shows. */
  noteShown({ sessionId, avatarId }: ShownAvatar): void {
    if (this.#watched.has(sessionId)) this.#shown.set(sessionId, avatarId);
  }

  /** From now on jobs end because the worker stops. */
  close(): void {
    this.#closed = true;
    this.#watched.clear();
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  async #recover(job: WatchedJob, cause: string, neverJoined: boolean): Promise<void> {
    const shown = this.#shown.get(job.id);
    this.#shown.delete(job.id);
    if (this.#isClosed()) return;
    const { rooms, apiSecret, logger } = this.#options;
    try {
      const members = await rooms.members(job.room);
      const isListed = members.some(({ identity }) => identity === job.identity);
      // A job that ends in good order leaves its room first: nothing to mend.
      if (!isListed && !neverJoined) return;
      if (isListed) await rooms.remove(job.room, job.identity);
      await rooms.forgetDispatch(job.room, job.dispatchId);
      const hasDriver = members.some(({ identity }) => identity === job.driver);
      const hasOther = members.some(
        ({ identity, driver }) => driver === job.driver && identity !== job.identity,
      );
      if (!hasDriver || hasOther) return;

      const pauseMs = this.#budget.take(`${job.room}\n${job.driver}`, performance.now());
      if (pauseMs === undefined) {
        logger.error({ job: job.id }, `${cause}, again and again; the page may ask for another`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      if (this.#isClosed()) return;
      await rooms.dispatch(job.room, await renewDispatch(job.metadata, apiSecret, shown));
      logger.warn({ job: job.id, pauseMs }, `avatar sent for again: ${cause}`);
    } catch (error) {
      // LiveKit is away: the page asks again once it is back.
      const reason = toAvatarError(error).message;
      logger.warn({ job: job.id, reason }, 'avatar of a dead job not restarted');
    }
  }
}
