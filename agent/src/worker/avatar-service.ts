import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import type { AgentStatus } from '../api/contract.ts';
import { createApiServer } from '../api/server.ts';
import type { Readiness } from '../api/server.ts';
import { AvatarRegistry } from '../avatars/avatar-registry.ts';
import { exportEngineSocket } from '../config/env.ts';
import type { Env } from '../config/env.ts';
import { loadConfig } from '../config/load.ts';
import type { Config, MusetalkConfig } from '../config/schema.ts';
import { Engine } from '../engine/engine.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import { EngineMeters } from '../observability/engine-meters.ts';
import type { LoadStep } from '../observability/engine-meters.ts';
import { JobProcesses } from '../observability/job-processes.ts';
import { Metrics } from '../observability/metrics.ts';
import type { SessionRooms } from '../observability/session-rooms.ts';
import { NO_TRACING, startTracing } from '../observability/tracing.ts';
import { loadPack } from '../packs/load-pack.ts';
import type { ModelPack } from '../pipeline/model-pack.ts';
import { AgentWorker } from './agent-worker.ts';

/**
 * Everything of the worker's parent process, in the order it starts: HTTP API (so that health can be watched from the
 * first moment), avatars, engine, LiveKit. Registered means ready: no job comes before all avatars are loaded.
 */
export class AvatarService {
  readonly #env: Env;
  readonly #logger: Logger;
  readonly #config: Config;
  readonly #registry: AvatarRegistry;
  readonly #metrics: Metrics;
  readonly #meters = new EngineMeters((avatar, step, seconds) => {
    this.#traceLoad(avatar, step, seconds);
  });
  #trace = NO_TRACING.begin('');
  readonly #jobProcesses = new JobProcesses();
  readonly #api: ReturnType<typeof createApiServer>;
  readonly #version = readVersion();
  /** Tells this process from others of the same service. */
  readonly #instance = randomUUID();
  /** Ends a preparation that is under way when the service closes. */
  readonly #stopping = new AbortController();
  #engine: Engine | undefined;
  #rooms: SessionRooms | undefined;
  #tracing = NO_TRACING;
  #worker: AgentWorker | undefined;
  #closing: Promise<void> | undefined;

  private constructor(env: Env, config: Config, logger: Logger, packs: PackShelf) {
    this.#env = env;
    this.#logger = logger;
    this.#config = config;
    this.#registry = new AvatarRegistry({
      config,
      env,
      packs: (model) => packs.take(model),
      onNotice: (message) => logger.warn(message),
      onLoaded: (id, seconds) => this.#meters.noteLoad(id, 'bundle', seconds),
      signal: this.#stopping.signal,
    });
    this.#metrics = new Metrics({
      sessions: () => this.#engine?.sessions() ?? [],
      maxSessions: () => config.service.max_sessions,
      avatars: () => this.#avatars(),
      meters: this.#meters,
      residentBytes: (id) => this.#residentBytes(id),
      workerLoad: () => this.#worker?.load ?? 0,
      activeJobs: () => this.#worker?.activeJobs ?? 0,
      childProcesses: () => this.#jobProcesses.count,
      processStarts: this.#jobProcesses.starts,
      isRegistered: () => this.#worker?.isRegistered ?? false,
    });
    this.#api = createApiServer({
      readiness: () => this.#readiness(),
      avatars: () => this.#avatars(),
      thumbnail: (id) => this.#registry.thumbnail(id),
      status: () => this.#status(),
      metrics: () => this.#metrics.render(),
    });
  }

  /**
   * Start everything. `onStarted` gets the service as soon as it can be closed. `onFatal` is called when it cannot go on.
   * @throws AvatarError CONFIG_INVALID and whatever keeps the engine from starting
   */
  static async start(
    env: Env,
    logger: Logger,
    rooms: SessionRooms,
    hooks: {
      readonly onStarted: (service: AvatarService) => void;
      readonly onFatal: (error: AvatarError) => void;
    },
  ): Promise<void> {
    const config = await loadConfig(env.configPath);
    const packs = new PackShelf(env.modelsDir, config.service.musetalk);
    const service = new AvatarService(env, config, logger, packs);
    service.#rooms = rooms;
    service.#tracing = await startTracing(env.sendsTraces, 'live-avatar-agent');
    service.#trace = service.#tracing.begin('avatar.start');
    hooks.onStarted(service);
    await service.#listen();
    await service.#registry.load();
    await packs.close();
    service.#reportAvatars();
    await service.#startEngine();
    service.#trace.end();
    await service.#startWorker(hooks.onFatal);
  }

  /** Let sessions end for service.drain_s, then close all. Safe to call at any time and twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    await this.#worker?.close(this.#config.service.drain_s * 1000);
    await this.#engine?.close();
    await this.#api.close();
    this.#jobProcesses.close();
    this.#trace.end();
    await this.#tracing.close();
  }

  async #listen(): Promise<void> {
    const { httpHost: host, httpPort: port } = this.#env;
    try {
      const address = await this.#api.listen({ host, port });
      this.#logger.info(`HTTP API at ${address}`);
    } catch (cause) {
      throw new AvatarError(
        'CONFIG_INVALID',
        `the HTTP API cannot listen at ${host}:${port}: ${toAvatarError(cause).message}; ` +
          'set AVATAR_HTTP_HOST and AVATAR_HTTP_PORT',
        { cause },
      );
    }
  }

  async #startEngine(): Promise<void> {
    if (this.#closing) return;
    this.#engine = await Engine.start({
      config: this.#config,
      registry: this.#registry,
      modelsDir: this.#env.modelsDir,
      ...(this.#env.engineSocketPath === undefined
        ? {}
        : { socketPath: this.#env.engineSocketPath }),
      logger: this.#logger,
      meters: this.#meters,
    });
    exportEngineSocket(this.#engine.socketPath);
  }

  async #startWorker(onFatal: (error: AvatarError) => void): Promise<void> {
    if (this.#closing) return;
    const { agent_name: agentName, max_sessions: maxSessions } = this.#config.service;
    this.#worker = await AgentWorker.start(
      {
        livekitUrl: this.#env.livekitUrl,
        apiKey: this.#env.livekitApiKey,
        apiSecret: this.#env.livekitApiSecret,
        agentName,
        maxSessions,
        logger: this.#logger,
        activeSessions: () => this.#engine?.activeSessions ?? 0,
        startingProcesses: () => this.#jobProcesses.startingCount,
        shownAvatars: () => this.#engine?.status().sessions ?? [],
        avatarName: (id) => this.#avatars().find((avatar) => avatar.id === id)?.name,
        onRequested: (jobId, roomSid) => this.#rooms?.note(jobId, roomSid),
        onAccepted: ({ avatar }) => this.#metrics.noteAccepted(avatar),
        onRefused: ({ code }) => this.#metrics.noteRefused(code),
      },
      onFatal,
    );
  }

  /** Before the engine runs, the registry alone knows; afterwards the engine knows also what it could not open. */
  #avatars() {
    return this.#engine ? [...this.#engine.list()] : this.#registry.list();
  }

  #traceLoad(avatar: string, step: LoadStep, seconds: number | undefined): void {
    const nowMs = performance.now();
    this.#trace.record('avatar.load', [nowMs - 1000 * (seconds ?? 0), nowMs], {
      'avatar.id': avatar,
      step,
      failed: seconds === undefined,
    });
  }

  /** Only avatars whose frames are in memory have any. */
  #residentBytes(id: string): number | undefined {
    const isReady = this.#registry.list().some((one) => one.id === id && one.status === 'ready');
    return isReady ? this.#registry.get(id).asset.frames.i420.byteLength : undefined;
  }

  #reportAvatars(): void {
    for (const { id, status, reason } of this.#registry.list()) {
      if (status === 'ready') this.#logger.info({ avatar: id }, 'avatar ready');
      else this.#logger.error({ avatar: id }, `avatar failed: ${reason ?? 'unknown reason'}`);
    }
  }

  #readiness(): Readiness {
    const waitingFor = this.#registry
      .list()
      .filter(({ status }) => status === 'preparing')
      .map(({ id, progressRatio }) => `avatar ${id}: ${Math.round((progressRatio ?? 0) * 100)} %`);
    if (!this.#engine) waitingFor.push('the engine');
    if (!this.#worker?.isRegistered) waitingFor.push(`LiveKit at ${this.#env.livekitUrl}`);
    return { ready: waitingFor.length === 0 && !this.#closing, waitingFor };
  }

  #status(): AgentStatus {
    const { sessions, stages } = this.#engine?.status() ?? { sessions: [], stages: {} };
    return {
      activeSessions: sessions.length,
      maxSessions: this.#config.service.max_sessions,
      agentName: this.#config.service.agent_name,
      instance: this.#instance,
      accepting: this.#closing === undefined && this.#worker?.isRegistered === true,
      version: this.#version,
      privacy: this.#config.service.privacy,
      sessions,
      stages,
      rssMb: process.memoryUsage.rss() / 2 ** 20,
    };
  }
}

/** Packs loaded in this process while avatars are opened; the engine's threads load their own. */
class PackShelf {
  readonly #modelsDir: string;
  readonly #musetalk: MusetalkConfig;
  readonly #packs = new Map<string, Promise<ModelPack>>();

  constructor(modelsDir: string, musetalk: MusetalkConfig) {
    this.#modelsDir = modelsDir;
    this.#musetalk = musetalk;
  }

  take(model: string): Promise<ModelPack> {
    const pack =
      this.#packs.get(model) ?? loadPack(model, this.#modelsDir, { musetalk: this.#musetalk });
    this.#packs.set(model, pack);
    return pack;
  }

  async close(): Promise<void> {
    for (const pack of this.#packs.values()) {
      // A pack that failed to load has failed its avatars already.
      await pack.then((loaded) => loaded.close()).catch(() => undefined);
    }
  }
}

function readVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
