import { describe, expect, it } from 'vitest';
import type { EngineSessionStatus } from '../engine/session-status.ts';
import { BucketCounts } from './bucket-counts.ts';
import { EngineMeters } from './engine-meters.ts';
import { Metrics } from './metrics.ts';

const session = (framesRendered: number, avSkewMs: number): EngineSessionStatus => ({
  sessionId: 'AJ_secret',
  avatarId: 'ava',
  uptimeMs: 1000,
  framesRendered,
  framesIdle: 10,
  framesDropped: 1,
  framesBroken: 0,
  framesOutdated: 2,
  gapChunks: 0,
  droppedChunks: 0,
  waiting: { render: 3, socket: 1 },
  shownFps: 24,
  pipelineMs: 150,
  rssMb: 100,
  job: {
    shownFps: 24,
    lateFrames: 0,
    inputUnderruns: 0,
    inputDropped: 0,
    pipelineMs: 150,
    rssMb: 100,
    framesOvertaken: 4,
    framesOutdated: 5,
    framesRepeated: 6,
    avSkewMs,
    waiting: { microphone: 1.5, sound: 2, show: 2 },
    latencies: {},
  },
});

function makeMetrics(sessions: readonly EngineSessionStatus[], meters: EngineMeters) {
  const processStarts = new BucketCounts([1, 2]);
  processStarts.record(1.4);
  return new Metrics({
    sessions: () => sessions,
    maxSessions: () => 4,
    avatars: () => [
      { id: 'ava', name: 'Ava', status: 'ready', clips: [], model: 'lite' },
      { id: 'bo', name: 'Bo', status: 'failed', clips: [], model: 'lite' },
    ],
    meters,
    residentBytes: (id) => (id === 'ava' ? 393_216 : undefined),
    workerLoad: () => 0.5,
    activeJobs: () => 2,
    childProcesses: () => 3,
    processStarts,
    isRegistered: () => true,
  });
}

describe('Metrics', () => {
  it('renders what the process knows', async () => {
    const meters = new EngineMeters();
    const meter = meters.of('ava', 'lite');
    meter.stages.net.record(0.003);
    meter.latencies.interrupt.record(0.13);
    meters.noteLoad('ava', 'bundle', 0.5);
    meters.noteLoad('ava', 'engine', 1.5);
    meters.noteLoad('bo', 'bundle', undefined);
    const metrics = makeMetrics([session(50, -7), session(5, 3)], meters);
    metrics.noteAccepted('ava');
    metrics.noteRefused('UNAUTHORIZED');
    const { text } = await metrics.render();
    for (const line of [
      'avatar_sessions_active{avatar="ava",renderer="lite"} 2',
      'avatar_sessions_active{avatar="bo",renderer="lite"} 0',
      'avatar_sessions_capacity 4',
      'avatar_jobs_accepted_total{avatar="ava"} 1',
      'avatar_requests_rejected_total{reason="UNAUTHORIZED"} 1',
      'avatar_frames_total{kind="speech"} 55',
      'avatar_frames_total{kind="idle"} 20',
      'avatar_frames_total{kind="drop"} 10',
      'avatar_frames_total{kind="repeat"} 12',
      'avatar_epoch_dropped_frames_total{stage="show"} 10',
      'avatar_epoch_dropped_frames_total{stage="socket"} 4',
      'avatar_frame_render_seconds_bucket{avatar="ava",renderer="lite",stage="net",le="0.002"} 0',
      'avatar_frame_render_seconds_bucket{avatar="ava",renderer="lite",stage="net",le="0.004"} 1',
      'avatar_frame_render_seconds_bucket{avatar="ava",renderer="lite",stage="net",le="+Inf"} 1',
      'avatar_frame_render_seconds_count{avatar="ava",renderer="lite",stage="net"} 1',
      'avatar_interrupt_seconds_sum{avatar="ava",renderer="lite"} 0.13',
      'avatar_av_drift_seconds{renderer="lite"} -0.007',
      'avatar_queue_depth{stage="microphone"} 1.5',
      'avatar_queue_depth{stage="render"} 3',
      'avatar_avatars{status="ready"} 1',
      'avatar_load_seconds{avatar="ava",step="engine"} 1.5',
      'avatar_load_failures_total{avatar="bo"} 1',
      'avatar_resident_bytes{avatar="ava"} 393216',
      'avatar_job_resident_bytes 104857600',
      'lk_agents_worker_load 0.5',
      'lk_agents_active_job_count 2',
      'lk_agents_child_process_count 3',
      'lk_agents_proc_initialize_duration_seconds_bucket{le="2"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).toContain('# TYPE avatar_frame_render_seconds histogram');
    expect(text).toContain('# TYPE avatar_frames_total counter');
    expect(text).not.toContain('AJ_');
    expect(text).not.toContain('NaN');
  });

  it('keeps its counters when sessions end, and says how they ended', async () => {
    const meters = new EngineMeters();
    const sessions = [session(50, 0), session(5, 0)];
    const metrics = makeMetrics(sessions, meters);
    const ended = sessions.pop()!;
    meters.noteEnded(meters.of('ava', 'lite'), ended, 'lost');
    const { text } = await metrics.render();
    expect(text).toContain('avatar_frames_total{kind="speech"} 55\n');
    expect(text).toContain(
      'avatar_sessions_total{avatar="ava",renderer="lite",outcome="lost"} 1\n',
    );
    expect(text).toContain(
      'avatar_sessions_total{avatar="ava",renderer="lite",outcome="completed"} 0\n',
    );
  });
});
