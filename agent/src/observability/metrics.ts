/**
 * Every metric of the agent (docs/observability.md lists them). Names follow LiveKit's agents (`lk_agents_`) where they
 * mean the same, else `avatar_`. Labels are avatars of the configuration and fixed words: nobody can add series.
 */
import { collectDefaultMetrics, Counter, Registry } from 'prom-client';
import type { Gauge } from 'prom-client';
import type { AvatarSummary } from '../api/contract.ts';
import type { EngineSessionStatus } from '../engine/session-status.ts';
import type { ErrorCode } from '../errors.ts';
import type { BucketCounts } from './bucket-counts.ts';
import {
  addTotals,
  FRAME_KINDS,
  frameTotalsOf,
  OUTDATED_STAGES,
  RENDER_STAGES,
  SESSION_OUTCOMES,
} from './engine-meters.ts';
import type { AvatarMeter, EngineMeters, FrameTotals } from './engine-meters.ts';
import type { JobLatency } from './job-latencies.ts';
import { registerHistogram } from './merged-histogram.ts';

/** What is read at each scrape. */
export type MetricSources = {
  /** Sessions open in the engine. */
  readonly sessions: () => readonly EngineSessionStatus[];
  readonly maxSessions: () => number;
  readonly avatars: () => readonly AvatarSummary[];
  readonly meters: EngineMeters;
  /** Memory of an avatar's frames, bytes; undefined while it is not ready. */
  readonly residentBytes: (avatar: string) => number | undefined;
  /** Sessions in use, 0–1. */
  readonly workerLoad: () => number;
  readonly activeJobs: () => number;
  /** Job processes, waiting ones included. */
  readonly childProcesses: () => number;
  /** How long job processes took from their start until they could take a job. */
  readonly processStarts: BucketCounts;
  readonly isRegistered: () => boolean;
};

const MS = 1 / 1000;
const LATENCIES: Readonly<Record<string, { of: JobLatency; help: string }>> = {
  avatar_join_seconds: {
    of: 'join',
    help: 'The job is given to its process → both tracks are published.',
  },
  avatar_audio_to_frame_seconds: {
    of: 'audioToFrame',
    help: 'The first audio of a frame is taken in → the frame is captured.',
  },
  avatar_playback_latency_seconds: {
    of: 'playback',
    help: 'The first sound after a pause is taken in → it leaves.',
  },
  avatar_interrupt_seconds: {
    of: 'interrupt',
    help: 'Interrupted while the mouth is open → first frame with a closed mouth is captured.',
  },
};

const labelsOf = ({ avatar, renderer }: AvatarMeter) => ({ avatar, renderer });

type Sample = {
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly value: number;
};

/** The metrics of one agent process. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #sources: MetricSources;
  readonly #acceptedTotal: Counter<'avatar'>;
  readonly #rejectedTotal: Counter<'reason'>;

  constructor(sources: MetricSources) {
    this.#sources = sources;
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    this.#acceptedTotal = new Counter({
      name: 'avatar_jobs_accepted_total',
      help: 'Job requests accepted, by the avatar they start with.',
      labelNames: ['avatar'],
      registers,
    });
    this.#rejectedTotal = new Counter({
      name: 'avatar_requests_rejected_total',
      help: 'Job requests refused, by error code.',
      labelNames: ['reason'],
      registers,
    });
    this.#declareWorker();
    this.#declareSessions();
    this.#declareFrames();
    this.#declareLatencies();
    this.#declareAvatars();
  }

  /** A session was accepted. */
  noteAccepted(avatar: string): void {
    this.#acceptedTotal.inc({ avatar });
  }

  /** A job request was refused. */
  noteRefused(reason: ErrorCode): void {
    this.#rejectedTotal.inc({ reason });
  }

  /** Prometheus text format. */
  async render(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #declareWorker(): void {
    const { workerLoad, activeJobs, childProcesses, processStarts, isRegistered } = this.#sources;
    this.#gauge('lk_agents_active_job_count', 'Jobs running.', activeJobs);
    this.#gauge(
      'lk_agents_child_process_count',
      'Job processes, waiting ones included.',
      childProcesses,
    );
    this.#gauge('lk_agents_worker_load', 'Sessions in use, 0–1.', workerLoad);
    registerHistogram(
      this.#registry,
      {
        name: 'lk_agents_proc_initialize_duration_seconds',
        help: 'A job process starts → it can take a job.',
      },
      () => [{ labels: {}, counts: processStarts }],
    );
    this.#gauge('avatar_worker_registered', '1 while registered with LiveKit.', () =>
      Number(isRegistered()),
    );
  }

  #declareSessions(): void {
    const { sessions, maxSessions, avatars, meters } = this.#sources;
    this.#samples('avatar_sessions_active', 'Sessions open in the engine.', () =>
      avatars().map(({ id, model }) => ({
        labels: { avatar: id, renderer: model },
        value: sessions().filter(({ avatarId }) => avatarId === id).length,
      })),
    );
    this.#gauge('avatar_sessions_capacity', 'service.max_sessions.', maxSessions);
    this.#samples(
      'avatar_sessions_total',
      'Sessions that have ended: completed, failed, refused, ended, lost.',
      () =>
        meters.avatars.flatMap((meter) =>
          SESSION_OUTCOMES.map((outcome) => ({
            labels: { ...labelsOf(meter), outcome },
            value: meter.sessions[outcome],
          })),
        ),
      'counter',
    );
    this.#gauge('avatar_job_resident_bytes', 'RSS of the largest job process.', () =>
      Math.max(0, ...sessions().map(({ rssMb }) => rssMb * 2 ** 20)),
    );
  }

  #declareFrames(): void {
    const { sessions, meters } = this.#sources;
    const totals = (): FrameTotals => addTotals([meters.ended, ...sessions().map(frameTotalsOf)]);
    this.#samples(
      'avatar_frames_total',
      'speech, idle: made; drop: due or made, never shown; repeat: 40 ms in which the picture before stayed.',
      () => FRAME_KINDS.map((kind) => ({ labels: { kind }, value: totals().frames[kind] })),
      'counter',
    );
    this.#samples(
      'avatar_epoch_dropped_frames_total',
      'Frames of before an interruption: waiting for the socket, or to be shown.',
      () =>
        OUTDATED_STAGES.map((stage) => ({ labels: { stage }, value: totals().outdated[stage] })),
      'counter',
    );
    registerHistogram(
      this.#registry,
      {
        name: 'avatar_frame_render_seconds',
        help: 'Work on one frame: audio features, network and mouth, blending; idle: all of a resting frame; socket: on to the job.',
      },
      () =>
        meters.avatars.flatMap((meter) =>
          RENDER_STAGES.map((stage) => ({
            labels: { ...labelsOf(meter), stage },
            counts: meter.stages[stage],
          })),
        ),
    );
    this.#gauge(
      'avatar_shown_fps_min',
      'Frames shown in the last second: the slowest session.',
      () => {
        const rates = sessions().map((session) => session.shownFps);
        return rates.length === 0 ? 0 : Math.min(...rates);
      },
    );
    this.#samples(
      'avatar_queue_depth',
      'Longest queue of any running session: microphone and sound in chunks of 20 ms, render (look-ahead included), socket and show in frames.',
      () => {
        const depths = { microphone: 0, render: 0, socket: 0, show: 0, sound: 0 };
        for (const { waiting, job } of sessions()) {
          const all = { ...waiting, ...job?.waiting };
          for (const [stage, depth] of Object.entries(all)) {
            depths[stage as keyof typeof depths] = Math.max(
              depths[stage as keyof typeof depths],
              depth,
            );
          }
        }
        return Object.entries(depths).map(([stage, value]) => ({ labels: { stage }, value }));
      },
    );
  }

  #declareLatencies(): void {
    const { sessions, avatars, meters } = this.#sources;
    for (const [name, { of, help }] of Object.entries(LATENCIES)) {
      registerHistogram(this.#registry, { name, help }, () =>
        meters.avatars.map((meter) => ({
          labels: labelsOf(meter),
          counts: meter.latencies[of],
        })),
      );
    }
    this.#samples(
      'avatar_av_drift_seconds',
      'Picture shown − middle of its sound leaving, mean of the last second: the session furthest off. Positive: picture after sound.',
      () => {
        const renderers = new Map(avatars().map(({ id, model }) => [id, model]));
        const worst = new Map<string, number>();
        for (const { avatarId, job } of sessions()) {
          const renderer = renderers.get(avatarId);
          if (renderer === undefined || job === undefined) continue;
          const drift = MS * job.avSkewMs;
          if (Math.abs(drift) >= Math.abs(worst.get(renderer) ?? 0)) worst.set(renderer, drift);
        }
        return [...worst].map(([renderer, value]) => ({ labels: { renderer }, value }));
      },
    );
  }

  #declareAvatars(): void {
    const { avatars, meters, residentBytes } = this.#sources;
    this.#samples('avatar_avatars', 'Avatars of configs/realtime.yaml by status.', () =>
      (['preparing', 'ready', 'failed'] as const).map((status) => ({
        labels: { status },
        value: avatars().filter((avatar) => avatar.status === status).length,
      })),
    );
    this.#samples(
      'avatar_load_seconds',
      'Last time an avatar was loaded: bundle (read, or prepared) and engine (opened in all render threads).',
      () =>
        [...meters.loads].flatMap(([avatar, { bundleS, engineS }]) => [
          ...(bundleS === undefined
            ? []
            : [{ labels: { avatar, step: 'bundle' }, value: bundleS }]),
          ...(engineS === undefined
            ? []
            : [{ labels: { avatar, step: 'engine' }, value: engineS }]),
        ]),
    );
    this.#samples(
      'avatar_load_failures_total',
      'Times an avatar could not be loaded.',
      () =>
        avatars().map(({ id }) => ({
          labels: { avatar: id },
          value: meters.loads.get(id)?.failures ?? 0,
        })),
      'counter',
    );
    this.#samples(
      'avatar_resident_bytes',
      'Frames of an avatar in memory, which all render threads share.',
      () =>
        avatars().flatMap(({ id }) => {
          const value = residentBytes(id);
          return value === undefined ? [] : [{ labels: { avatar: id }, value }];
        }),
    );
  }

  #gauge(name: string, help: string, read: () => number): void {
    this.#samples(name, help, () => [{ value: read() }]);
  }

  /** A metric whose series are read at each scrape. A counter's must not fall. */
  #samples(
    name: string,
    help: string,
    read: () => readonly Sample[],
    type: 'gauge' | 'counter' = 'gauge',
  ): void {
    const metric = { name, help, type, aggregator: 'sum' as const };
    const get = () =>
      Promise.resolve({
        ...metric,
        values: read().map(({ labels = {}, value }) => ({ labels: { ...labels }, value })),
      });
    this.#registry.registerMetric({ ...metric, get } as unknown as Gauge);
  }
}
