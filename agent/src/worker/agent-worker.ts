import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { AgentServer, ServerOptions } from '@livekit/agents';
import type { JobRequest } from '@livekit/agents';
import type { Logger } from 'pino';
import { ATTRIBUTES } from '../api/contract.ts';
import type { DispatchClaims } from '../api/contract.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import { readAcceptedClaims, verifyDispatch } from './dispatch-claims.ts';
import { freeLoopbackPort, suppressInferenceProcess } from './framework-quirks.ts';
import { JobRecovery, watchedJob } from './job-recovery.ts';
import type { ShownAvatar, WatchedJob } from './job-recovery.ts';
import { ReconnectShortcut } from './reconnect-shortcut.ts';
import { RoomControl } from './room-control.ts';

/**
 * When no accepted job has come to run for this long, and no process is loading that could take one, those that wait
 * went to a dead process or to nobody, ms. On a busy machine loading takes far longer, and asking again adds to it.
 */
const LAUNCH_STALL_MS = 5000;
const HEALTH_POLL_MS = 1000;
/** How soon the end of a job is noticed, ms. */
const JOB_POLL_MS = 200;
/** While LiveKit is away this is said every so many polls. */
const AWAY_REMINDER_POLLS = 15;
/**
 * What we report when every session is in use. LiveKit hears the load every 2.5 s only, and passes over any worker at or
 * above its `agents.target_load` of 0.7: a full scale would leave the last sessions unused, and miss requests for 2.5 s
 * after one has ended (dispatch is one-shot). Below it we are asked even when full, say no, and another worker is asked.
 */
const FULL_LOAD = 0.69;
/** A job may take this long to leave its room before it is killed, ms. */
const JOB_CLOSE_MS = 4000;
/** Loading the job's code takes about a second on a quiet machine; the framework's 10 s is too short for a busy one. */
const JOB_START_MS = 60_000;
/** Job processes that publish several videos need 200 MB; far above that something leaks. */
const JOB_MEMORY_WARN_MB = 600;

/** What a worker needs and whom it tells. */
export type AgentWorkerOptions = {
  readonly livekitUrl: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  readonly agentName: string;
  readonly maxSessions: number;
  readonly logger: Logger;
  /** Sessions open in the engine now. */
  readonly activeSessions: () => number;
  /** Session (job id) and the avatar it shows, of every session open now. */
  readonly shownAvatars: () => readonly ShownAvatar[];
  /** Job processes that are loading. */
  readonly startingProcesses: () => number;
  /** Shown name of an avatar; undefined when there is none. */
  readonly avatarName: (id: string) => string | undefined;
  readonly onAccepted: (claims: DispatchClaims) => void;
  /** A job request has come; `roomSid`: LiveKit's id of its room. */
  readonly onRequested: (jobId: string, roomSid: string) => void;
  readonly onRefused: (error: AvatarError) => void;
};

/**
 * Our side of the agents framework: registers with LiveKit (and again whenever the server comes back), verifies every
 * job request, and reports the load as sessions / max_sessions.
 */
export class AgentWorker {
  readonly #options: AgentWorkerOptions;
  readonly #server: AgentServer;
  readonly #healthUrl: string;
  readonly #recovery: JobRecovery;
  readonly #shortcut: ReconnectShortcut;
  /** Accepted jobs that do not run yet, by job id. */
  readonly #accepted = new Map<string, { job: WatchedJob; claims: DispatchClaims }>();
  /** When a job was accepted or came to run last. */
  #progressAtMs = 0;
  #healthTimer: NodeJS.Timeout | undefined;
  #jobTimer: NodeJS.Timeout | undefined;
  #registered = false;
  #pollsAway = 0;
  #closing = false;

  private constructor(options: AgentWorkerOptions, port: number) {
    this.#options = options;
    this.#healthUrl = `http://127.0.0.1:${port}/`;
    suppressInferenceProcess();
    this.#recovery = new JobRecovery({ ...options, rooms: new RoomControl(options) });
    const serverOptions = new ServerOptions({
      agent: fileURLToPath(new URL('./agent-entry.js', import.meta.url)),
      agentName: options.agentName,
      wsURL: options.livekitUrl,
      apiKey: options.apiKey,
      apiSecret: options.apiSecret,
      requestFunc: (request) => this.#onRequest(request),
      loadFunc: () => Promise.resolve(FULL_LOAD * this.load),
      loadThreshold: 1,
      numIdleProcesses: 1,
      initializeProcessTimeout: JOB_START_MS,
      shutdownProcessTimeout: JOB_CLOSE_MS,
      jobMemoryWarnMB: JOB_MEMORY_WARN_MB,
      // The server may be away for any time; see also ReconnectShortcut.
      maxRetry: Number.MAX_SAFE_INTEGER,
      host: '127.0.0.1',
      port,
      production: true,
    });
    this.#server = new AgentServer(serverOptions);
    this.#shortcut = new ReconnectShortcut(options.livekitUrl, serverOptions);
  }

  /** Start registering. `onFatal` is called if the framework gives up, which only a wrong setting makes it do. */
  static async start(
    options: AgentWorkerOptions,
    onFatal: (error: AvatarError) => void,
  ): Promise<AgentWorker> {
    const worker = new AgentWorker(options, await freeLoopbackPort());
    worker.#healthTimer = setInterval(() => void worker.#pollHealth(), HEALTH_POLL_MS);
    worker.#jobTimer = setInterval(() => worker.#pollJobs(), JOB_POLL_MS);
    worker.#server.event.on('worker_registered', () => worker.#setRegistered(true));
    worker.#server.run().catch((error: unknown) => {
      if (!worker.#closing) onFatal(toAvatarError(error));
    });
    return worker;
  }

  /** Whether LiveKit can send us jobs now. */
  get isRegistered(): boolean {
    return this.#registered;
  }

  /** Jobs running now. */
  get activeJobs(): number {
    return this.#server.activeJobs.length;
  }

  /** Sessions in use, 0–1. LiveKit hears a scaled value (see FULL_LOAD) and prefers the least loaded worker. */
  get load(): number {
    return Math.min(1, this.#admitted() / this.#options.maxSessions);
  }

  /** Take no more jobs, give the running ones `drainMs` to end, then close them. Takes at most about 5 s longer. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true;
    clearInterval(this.#healthTimer);
    clearInterval(this.#jobTimer);
    this.#recovery.close();
    this.#shortcut.close();
    // The framework takes 0 for "wait for ever".
    if (this.activeJobs > 0) await this.#server.drain(Math.max(1, drainMs)).catch(() => undefined);
    // With the LiveKit server away the framework sleeps up to 10 s between attempts: do not wait for that.
    await Promise.race([this.#server.close(), sleep(JOB_CLOSE_MS + 1000)]);
  }

  async #onRequest(request: JobRequest): Promise<void> {
    const { logger } = this.#options;
    this.#options.onRequested(request.id, request.room?.sid ?? '');
    try {
      const claims = await this.#admit(request);
      const identity = `avatar-${request.id.slice(-8) || randomUUID().slice(0, 8)}`;
      this.#accepted.set(request.id, { claims, job: watchedJob(request.job, identity, claims) });
      this.#progressAtMs = performance.now();
      logger.info({ job: request.id, avatar: claims.avatar }, 'job accepted');
      this.#options.onAccepted(claims);
      await request.accept(this.#options.avatarName(claims.avatar) ?? claims.avatar, identity, '', {
        [ATTRIBUTES.agentState]: 'initializing',
        [ATTRIBUTES.driver]: claims.participant,
        [ATTRIBUTES.avatarId]: claims.avatar,
        [ATTRIBUTES.status]: 'switching',
      });
    } catch (thrown) {
      const error = toAvatarError(thrown);
      logger.warn({ job: request.id, code: error.code, reason: error.message }, 'job refused');
      this.#options.onRefused(error);
      await request.reject();
    }
  }

  async #admit(request: JobRequest): Promise<DispatchClaims> {
    const claims = await verifyDispatch(
      request.job.metadata,
      request.room?.name ?? '',
      this.#options.apiSecret,
    );
    if (this.#admitted() >= this.#options.maxSessions) {
      throw new AvatarError(
        'SESSION_LIMIT_REACHED',
        `all ${this.#options.maxSessions} sessions are in use (service.max_sessions)`,
      );
    }
    // Dispatch is one-shot, so pages ask again when no avatar comes; two answers must not give two avatars.
    const isSame = (other: DispatchClaims) =>
      other.room === claims.room && other.participant === claims.participant;
    if (this.#admittedClaims().some(isSame)) {
      throw new AvatarError('REQUEST_INVALID', 'this participant has an avatar already');
    }
    return claims;
  }

  /** Sessions that run or are about to. */
  #admitted(): number {
    return Math.max(this.#admittedClaims().length, this.#options.activeSessions());
  }

  #admittedClaims(): DispatchClaims[] {
    this.#pollJobs();
    return [
      ...this.#server.activeJobs.map(({ job }) => readAcceptedClaims(job.metadata)),
      ...[...this.#accepted.values()].map(({ claims }) => claims),
    ];
  }

  /** Which jobs have come to run, which have ended, and which never came. */
  #pollJobs(): void {
    const nowMs = performance.now();
    const running = this.#server.activeJobs;
    for (const { job } of running) {
      const accepted = this.#accepted.get(job.id);
      if (accepted === undefined) continue;
      this.#accepted.delete(job.id);
      this.#progressAtMs = nowMs;
      this.#recovery.watch(accepted.job);
    }
    this.#recovery.observe(new Set(running.map(({ job }) => job.id)));
    if (this.#options.startingProcesses() > 0) this.#progressAtMs = nowMs;
    if (this.#accepted.size === 0 || nowMs - this.#progressAtMs < LAUNCH_STALL_MS) return;
    const lost = [...this.#accepted.values()];
    this.#accepted.clear();
    for (const { job } of lost) this.#recovery.lost(job);
  }

  /** The framework tells when it registers but not when it loses the server; its own health page knows. */
  async #pollHealth(): Promise<void> {
    try {
      const response = await fetch(this.#healthUrl, {
        signal: AbortSignal.timeout(HEALTH_POLL_MS),
      });
      await response.arrayBuffer();
      this.#setRegistered(response.ok && !this.#shortcut.isHolding);
      // Not when the page is merely late (a busy machine): the framework may be connected.
      if (!this.#registered && !this.#closing) await this.#shortcut.update();
    } catch {
      this.#setRegistered(false);
    }
    this.#options.shownAvatars().forEach((shown) => this.#recovery.noteShown(shown));
  }

  #setRegistered(registered: boolean): void {
    if (this.#closing) return;
    const { logger, livekitUrl, agentName } = this.#options;
    if (registered && !this.#registered) {
      logger.info({ agentName }, `registered with LiveKit at ${livekitUrl}`);
    }
    this.#pollsAway = registered ? 0 : this.#pollsAway + 1;
    // The first poll of a start comes before the answer of a healthy server.
    if (this.#pollsAway % AWAY_REMINDER_POLLS === 2) {
      logger.warn(
        `LiveKit at ${livekitUrl} does not answer or refuses the keys; trying again until it does`,
      );
    }
    this.#registered = registered;
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
