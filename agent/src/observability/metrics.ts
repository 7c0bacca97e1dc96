/** Every metric of the agent. Names follow LiveKit's agents (`lk_agents_`) where they mean the same, else `avatar_`. */
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import type { AgentStatus, AvatarSummary } from '../api/contract.ts';
import type { ErrorCode } from '../errors.ts';

/** What is read at each scrape. */
export type MetricSources = {
  readonly status: () => AgentStatus;
  readonly avatars: () => AvatarSummary[];
  /** Sessions in use, 0–1. */
  readonly workerLoad: () => number;
  readonly activeJobs: () => number;
  readonly isRegistered: () => boolean;
};

const MS = 1 / 1000;
const FRAME_KINDS = {
  speech: 'framesRendered',
  idle: 'framesIdle',
  drop: 'framesDropped',
} as const;

/** The metrics of one agent process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  readonly #sessionsTotal: Counter<'avatar'>;
  readonly #rejectedTotal: Counter<'reason'>;
  readonly #framesTotal: Counter<'kind'>;
  /** Frame counts at the last scrape, by session id and kind. */
  #lastFrames = new Map<string, number>();

  constructor(sources: MetricSources) {
    this.#sources = sources;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#sessionsTotal = new Counter({
      name: 'avatar_sessions_total',
      help: 'Sessions accepted, by the avatar they started with.',
      labelNames: ['avatar'],
      registers,
    });
    this.#rejectedTotal = new Counter({
      name: 'avatar_requests_rejected_total',
      help: 'Job requests refused, by error code.',
      labelNames: ['reason'],
      registers,
    });
    this.#framesTotal = new Counter({
      name: 'avatar_frames_total',
      help: 'Frames made for running sessions (counted when scraped): speech, idle, drop.',
      labelNames: ['kind'],
      registers,
    });
    this.#declareGauges();
  }

  /** A session was accepted. */
  noteAccepted(avatar: string): void {
    this.#sessionsTotal.inc({ avatar });
  }

  /** A job request was refused. */
  noteRefused(reason: ErrorCode): void {
    this.#rejectedTotal.inc({ reason });
  }

  /** Prometheus text format. */
  async render(): Promise<{ contentType: string; text: string }> {
    this.#countFrames();
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #declareGauges(): void {
    const { status, avatars, workerLoad, activeJobs, isRegistered } = this.#sources;
    this.#gauge(
      'avatar_sessions_active',
      'Sessions open in the engine.',
      () => status().activeSessions,
    );
    this.#gauge('avatar_sessions_capacity', 'service.max_sessions.', () => status().maxSessions);
    this.#gauge('lk_agents_active_job_count', 'Jobs running.', activeJobs);
    this.#gauge('lk_agents_worker_load', 'Load reported to LiveKit, 0–1.', workerLoad);
    this.#gauge('avatar_worker_registered', '1 while registered with LiveKit.', () =>
      Number(isRegistered()),
    );
    this.#gauge(
      'avatar_audio_to_frame_seconds',
      'Audio taken in → its frame captured: the slowest running session, median of its last second.',
      () => MS * Math.max(0, ...status().sessions.map((session) => session.pipelineMs)),
    );
    this.#gauge(
      'avatar_shown_fps_min',
      'Frames shown in the last second: the slowest session.',
      () => {
        const rates = status().sessions.map((session) => session.shownFps);
        return rates.length === 0 ? 0 : Math.min(...rates);
      },
    );
    new Gauge({
      name: 'avatar_frame_render_seconds',
      help: 'Engine stages over the last frames.',
      labelNames: ['stage', 'quantile'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [stage, { p50Ms, p99Ms }] of Object.entries(status().stages)) {
          this.set({ stage, quantile: '0.5' }, MS * p50Ms);
          this.set({ stage, quantile: '0.99' }, MS * p99Ms);
        }
      },
    });
    new Gauge({
      name: 'avatar_avatars',
      help: 'Avatars of configs/realtime.yaml by status.',
      labelNames: ['status'],
      registers: [this.#registry],
      collect() {
        for (const name of ['preparing', 'ready', 'failed'] as const) {
          this.set({ status: name }, avatars().filter((avatar) => avatar.status === name).length);
        }
      },
    });
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** The engine counts per running session; a counter must not fall when a session ends. */
  #countFrames(): void {
    const seen = new Map<string, number>();
    for (const session of this.#sources.status().sessions) {
      for (const [kind, field] of Object.entries(FRAME_KINDS)) {
        const key = `${session.sessionId} ${kind}`;
        const count = session[field];
        this.#framesTotal.inc({ kind }, Math.max(0, count - (this.#lastFrames.get(key) ?? 0)));
        seen.set(key, count);
      }
    }
    this.#lastFrames = seen;
  }
}
