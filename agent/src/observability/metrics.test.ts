import { describe, expect, it } from 'vitest';
import type { AgentStatus } from '../api/contract.ts';
import { Metrics } from './metrics.ts';

const session = (sessionId: string, framesRendered: number) => ({
  sessionId,
  avatarId: 'ava',
  uptimeMs: 1000,
  framesRendered,
  framesIdle: 10,
  framesDropped: 0,
  shownFps: 24,
  pipelineMs: 150,
  rssMb: 100,
});

describe('Metrics', () => {
  it('renders what the process knows, and its frame counter survives ended sessions', async () => {
    let sessions: AgentStatus['sessions'] = [session('a', 50), session('b', 5)];
    const metrics = new Metrics({
      status: () => ({
        activeSessions: sessions.length,
        maxSessions: 4,
        agentName: 'avatar',
        version: '0.1.0',
        privacy: 'avatar-only',
        sessions,
        stages: { mouth: { p50Ms: 4, p99Ms: 9 } },
        rssMb: 100,
      }),
      avatars: () => [{ id: 'ava', name: 'Ava', status: 'ready', clips: [], model: 'lite' }],
      workerLoad: () => 0.5,
      activeJobs: () => 2,
      isRegistered: () => true,
    });
    metrics.noteAccepted('ava');
    metrics.noteRefused('UNAUTHORIZED');
    const first = (await metrics.render()).text;
    for (const line of [
      'avatar_sessions_active 2',
      'avatar_sessions_capacity 4',
      'avatar_sessions_total{avatar="ava"} 1',
      'avatar_requests_rejected_total{reason="UNAUTHORIZED"} 1',
      'avatar_frames_total{kind="speech"} 55',
      'avatar_frame_render_seconds{stage="mouth",quantile="0.99"} 0.009',
      'avatar_avatars{status="ready"} 1',
      'lk_agents_worker_load 0.5',
      'avatar_audio_to_frame_seconds 0.15',
    ]) {
      expect(first).toContain(line);
    }
    sessions = [session('b', 25)];
    expect((await metrics.render()).text).toContain('avatar_frames_total{kind="speech"} 75');
  });
});
