/**
 * The engine: one per worker process, in the worker's parent. The main thread takes connections, checks messages and
 * passes them on; packs, ONNX and rendering live in render threads. Avatars are opened in every thread before `start`
 * returns, so that a session begins (and switches) without loading anything.
 */
import { createServer, type Server } from 'node:net';
import type { AvatarSummary } from '../api/contract.ts';
import type { Config } from '../config/schema.ts';
import { AvatarError, toAvatarError } from '../errors.ts';
import {
  EngineMeters,
  type AvatarMeter,
  type SessionOutcome,
} from '../observability/engine-meters.ts';
import type { PackFacts } from '../pipeline/model-pack.ts';
import { neededDelayMs } from '../publishing/playout-delay.ts';
import type { AvatarCatalogue, CatalogueAvatar, CatalogueClip } from './avatar-catalogue.ts';
import type { EngineHost, EngineLogger } from './engine-host.ts';
import type { SessionOpened } from './protocol.ts';
import type { RenderThreadHandle } from './render-thread-handle.ts';
import { renderThreadCount, RenderThreads } from './render-threads.ts';
import { SessionConnection } from './session-connection.ts';
import type { EngineSessionStatus } from './session-status.ts';
import { listenAt, prepareSocketPlace, type SocketPlace } from './socket-place.ts';
import { StageTimings, type StageTiming } from './stage-timings.ts';
import type { OpenedAvatar } from './thread-messages.ts';

/** Options of Engine.start. */
export type EngineOptions = {
  readonly config: Config;
  readonly registry: AvatarCatalogue;
  /** Folder of model packs. */
  readonly modelsDir: string;
  /** Default: engine.sock in a fresh folder only this user can enter. */
  readonly socketPath?: string;
  readonly logger: EngineLogger;
  /** Where it counts what it measures; default: nowhere that anybody reads. */
  readonly meters?: EngineMeters;
};

/** Stages whose time is measured: the first three and idle per frame inside the render thread, ipc from there to the socket. */
export type EngineStage = 'features' | 'mouth' | 'compositing' | 'idle' | 'ipc';

/** Offsets in a frame header (protocol.writeFrameHeader). */
const SPEECH_RATIO = 16;
const FEATURES_MS = 20;
const MOUTH_MS = 24;
const COMPOSITING_MS = 28;
/** Connections beyond the sessions: jobs that are being told why they cannot have one. */
const SPARE_CONNECTIONS = 16;

/** See the head of this file. */
export class Engine implements EngineHost {
  readonly logger: EngineLogger;
  readonly #config: Config;
  readonly #catalogue: AvatarCatalogue;
  readonly #threads: RenderThreads;
  readonly #place: SocketPlace;
  readonly #server: Server;
  readonly #connections = new Map<number, SessionConnection>();
  /** Why an avatar that is prepared cannot be shown, by id. */
  readonly #failures = new Map<string, AvatarError>();
  /** Sessions a pack can keep up with, by model, where it says so. */
  readonly #packLimits = new Map<string, number>();
  readonly #notedModels = new Set<string>();
  readonly #meters: EngineMeters;
  readonly #timings: Record<EngineStage, StageTimings> = {
    features: new StageTimings(),
    mouth: new StageTimings(),
    compositing: new StageTimings(),
    idle: new StageTimings(),
    ipc: new StageTimings(),
  };
  #lastSession = 0;

  private constructor(options: EngineOptions, place: SocketPlace) {
    this.logger = options.logger;
    this.#config = options.config;
    this.#catalogue = options.registry;
    this.#meters = options.meters ?? new EngineMeters();
    this.#place = place;
    const { render_threads, silence_dbfs, fade_ms, max_sessions, musetalk } =
      options.config.service;
    const { modelsDir } = options;
    const start = { modelsDir, silenceDbfs: silence_dbfs, fadeMs: fade_ms, musetalk };
    this.#threads = new RenderThreads(renderThreadCount(render_threads), start, {
      onMessage: (message, thread) => this.#connections.get(message.session)?.take(message, thread),
      onDeath: (thread, reason) => {
        this.#moveSessions(thread, reason);
      },
      onStarted: () => {
        void this.refreshAvatars();
      },
    });
    this.#server = createServer((socket) => {
      this.#lastSession += 1;
      this.#connections.set(
        this.#lastSession,
        new SessionConnection(this.#lastSession, socket, this),
      );
    });
    this.#server.maxConnections = max_sessions + SPARE_CONNECTIONS;
  }

  /**
   * Start threads, open every ready avatar in each, listen. An avatar that cannot be opened fails alone (see `list`).
   * @throws AvatarError ENGINE_UNAVAILABLE | CONFIG_INVALID
   */
  static async start(options: EngineOptions): Promise<Engine> {
    const place = await prepareSocketPlace(options.socketPath);
    const engine = new Engine(options, place);
    try {
      // A thread lost on the way has a replacement, which is waited for too, until there is none any more.
      while (!(await engine.refreshAvatars()) && engine.threads.length > 0);
      if (engine.threads.length === 0) {
        throw new AvatarError('ENGINE_UNAVAILABLE', 'no render thread starts; the log says why');
      }
      await listenAt(engine.#server, place.path);
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  get socketPath(): string {
    return this.#place.path;
  }

  /** Sessions that count against service.max_sessions. */
  get activeSessions(): number {
    let active = 0;
    for (const connection of this.#connections.values()) if (connection.isSession) active += 1;
    return active;
  }

  /** Render threads that run. */
  get threads(): readonly RenderThreadHandle[] {
    return this.#threads.alive;
  }

  /** Every session open now. */
  sessions(): EngineSessionStatus[] {
    const open = [...this.#connections.values()].filter(({ isSession }) => isSession);
    return open.map((connection) => connection.status());
  }

  status(): {
    readonly sessions: EngineSessionStatus[];
    readonly stages: Record<EngineStage, StageTiming>;
  } {
    const { features, mouth, compositing, idle, ipc } = this.#timings;
    return {
      sessions: this.sessions(),
      stages: {
        features: features.summary(),
        mouth: mouth.summary(),
        compositing: compositing.summary(),
        idle: idle.summary(),
        ipc: ipc.summary(),
      },
    };
  }

  /**
   * Open avatars that became ready (or were prepared anew) in every thread; what is open stays. Answers false when a
   * thread was lost meanwhile: its replacement is not through yet.
   */
  async refreshAvatars(): Promise<boolean> {
    const ready = this.#catalogue.list().filter(({ status }) => status === 'ready');
    const isOpen = await Promise.all(ready.map(({ id }) => this.#openEverywhere(id)));
    return !isOpen.includes(false);
  }

  /** All avatars; a prepared one that cannot be opened counts as failed. */
  list(): readonly AvatarSummary[] {
    return this.#catalogue.list().map((summary) => {
      const failure = summary.status === 'ready' ? this.#failures.get(summary.id) : undefined;
      return failure === undefined
        ? summary
        : { ...summary, status: 'failed' as const, reason: failure.message };
    });
  }

  admit(avatar: CatalogueAvatar): RenderThreadHandle {
    const { max_sessions } = this.#config.service;
    if (this.activeSessions >= max_sessions) {
      throw new AvatarError(
        'SESSION_LIMIT_REACHED',
        `${max_sessions} sessions are running, the limit of this worker (service.max_sessions)`,
      );
    }
    const thread = this.homeFor(avatar) ?? this.#leastLoaded();
    if (thread === undefined) {
      throw new AvatarError('ENGINE_UNAVAILABLE', 'no render thread is running; see the log');
    }
    return thread;
  }

  homeFor({ model }: CatalogueAvatar): RenderThreadHandle | undefined {
    const limit = this.#packLimits.get(model) ?? Infinity;
    const showing = [...this.#connections.values()].filter(
      (connection) => connection.isSession && connection.model === model,
    );
    if (showing.length >= limit) {
      throw new AvatarError(
        'SESSION_LIMIT_REACHED',
        `${limit} sessions with ${model} are running, what its speed on this machine was measured to be enough for`,
      );
    }
    return this.#threads.homeOf(model);
  }

  avatar(id: string): CatalogueAvatar {
    return this.#catalogue.get(id);
  }

  clip(avatarId: string, name: string): Promise<CatalogueClip> {
    return this.#catalogue.clip(avatarId, name);
  }

  describe(avatar: CatalogueAvatar, opened: OpenedAvatar): SessionOpened {
    const { video_codec, video_bitrate_kbps, playout_delay_ms } = this.#config.service;
    return {
      width: opened.width,
      height: opened.height,
      avatarId: avatar.asset.id,
      avatarName: avatar.name,
      clips: [...avatar.clips],
      lookAheadMs: opened.facts.lookAheadMs,
      videoCodec: video_codec,
      videoBitrateKbps: video_bitrate_kbps,
      playoutDelayMs: Math.max(playout_delay_ms, neededDelayMs(opened.facts)),
    };
  }

  meter({ asset, model }: CatalogueAvatar): AvatarMeter {
    return this.#meters.of(asset.id, model);
  }

  recordFrame(header: DataView, meter: AvatarMeter | undefined): void {
    const featuresMs = header.getFloat32(FEATURES_MS, true);
    const compositingMs = header.getFloat32(COMPOSITING_MS, true);
    if (header.getFloat32(SPEECH_RATIO, true) === 0) {
      this.#timings.idle.record(featuresMs + compositingMs);
      const restingMs = header.getFloat32(MOUTH_MS, true);
      meter?.stages.idle.record((featuresMs + restingMs + compositingMs) / 1000);
      return;
    }
    const mouthMs = header.getFloat32(MOUTH_MS, true);
    this.#timings.features.record(featuresMs);
    this.#timings.mouth.record(mouthMs);
    this.#timings.compositing.record(compositingMs);
    if (meter === undefined) return;
    meter.stages.audio.record(featuresMs / 1000);
    meter.stages.net.record(mouthMs / 1000);
    meter.stages.blend.record(compositingMs / 1000);
  }

  recordIpc(latencyMs: number, meter: AvatarMeter | undefined): void {
    this.#timings.ipc.record(latencyMs);
    meter?.stages.socket.record(latencyMs / 1000);
  }

  forget(
    connection: SessionConnection,
    meter: AvatarMeter | undefined,
    outcome: SessionOutcome,
  ): void {
    if (!this.#connections.delete(connection.session) || meter === undefined) return;
    this.#meters.noteEnded(meter, connection.status(), outcome);
  }

  /** End all sessions and threads and take the socket away. */
  async close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const connection of [...this.#connections.values()]) connection.close();
    await stopped;
    await this.#threads.close();
    await this.#place.remove();
  }

  /** Answers false when a thread was lost: that says nothing about the avatar. */
  async #openEverywhere(id: string): Promise<boolean> {
    const startedMs = performance.now();
    try {
      const avatar = this.#catalogue.get(id);
      const { facts, failures } = await this.#threads.addAvatar(avatar);
      this.#noteLimits(avatar.model, facts);
      const errors = failures.map(toAvatarError);
      const failure = errors.find(({ code }) => code !== 'ENGINE_UNAVAILABLE');
      if (failure !== undefined) throw failure;
      this.#failures.delete(id);
      this.#meters.noteLoad(id, 'engine', (performance.now() - startedMs) / 1000);
      return errors.length === 0;
    } catch (thrown) {
      const error = toAvatarError(thrown);
      this.#failures.set(id, error);
      this.#meters.noteLoad(id, 'engine', undefined);
      this.logger.error(
        { avatarId: id, code: error.code, reason: error.message },
        'avatar cannot be shown',
      );
      return true;
    }
  }

  /** Once per model: what its pack measured, and what it has to say about this machine. */
  #noteLimits(model: string, facts: readonly PackFacts[]): void {
    if (facts.length === 0 || this.#notedModels.has(model)) return;
    this.#notedModels.add(model);
    const limits = facts.flatMap(({ maxSessions }) => maxSessions ?? []);
    if (limits.length > 0) this.#packLimits.set(model, Math.min(...limits));
    for (const { notice, framesPerSecond, maxSessions } of facts) {
      if (notice !== undefined) this.logger.warn({ model, framesPerSecond, maxSessions }, notice);
      else if (framesPerSecond !== undefined)
        this.logger.info({ model, framesPerSecond, maxSessions }, 'speed of the model pack');
    }
  }

  #leastLoaded(): RenderThreadHandle | undefined {
    const sessions = [...this.#connections.values()].filter(({ isSession }) => isSession);
    return this.#threads.leastLoaded(
      (thread) => sessions.filter((connection) => connection.thread === thread).length,
    );
  }

  #moveSessions(dead: RenderThreadHandle, reason: string): void {
    const lost = [...this.#connections.values()].filter(({ thread }) => thread === dead);
    this.logger.error(
      { reason, sessions: lost.length },
      'a render thread ended; its sessions move',
    );
    for (const connection of lost) {
      connection.moveTo(this.#threads.homeOf(connection.model ?? '') ?? this.#leastLoaded());
    }
  }
}
