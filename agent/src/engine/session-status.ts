/** What is known about a running session, for /status and /metrics. */
import type { AgentStatus } from '../api/contract.ts';
import type { SessionStats } from './protocol.ts';
import { Counter, type SessionCounters } from './session-counters.ts';

/** One session as the engine sees it; the job's own numbers are its latest, 0 before the first. */
export type EngineSessionStatus = AgentStatus['sessions'][number] & {
  /** Frames that failed and showed the source instead. */
  readonly framesBroken: number;
  /** Missing input chunks filled with silence. */
  readonly gapChunks: number;
  /** Input chunks that came twice or too late, or that the render thread did not get to. */
  readonly droppedChunks: number;
  /** Frames of before an interruption that the job had not read. */
  readonly framesOutdated: number;
  /** Frames waiting to be rendered (look-ahead included) and for the socket. */
  readonly waiting: { readonly render: number; readonly socket: number };
  /** Everything the job last told; undefined before its first message. */
  readonly job: SessionStats | undefined;
};

/** Put the parts together. `unsentFrames`: frames dropped because the job did not read. */
export function sessionStatusOf(parts: {
  readonly sessionId: string;
  readonly avatarId: string;
  readonly uptimeMs: number;
  readonly counters: SessionCounters;
  readonly unsentFrames: number;
  readonly outdatedFrames: number;
  readonly waitingFrames: number;
  readonly stats: SessionStats | undefined;
}): EngineSessionStatus {
  const { sessionId, avatarId, uptimeMs, counters, unsentFrames, stats } = parts;
  const at = (place: number): number => Atomics.load(counters, place);
  return {
    sessionId,
    avatarId,
    uptimeMs,
    framesRendered: at(Counter.rendered),
    framesIdle: at(Counter.idle),
    framesDropped: at(Counter.dropped) + unsentFrames,
    framesBroken: at(Counter.broken),
    gapChunks: at(Counter.gapChunks),
    droppedChunks: at(Counter.staleChunks) + at(Counter.droppedChunks),
    framesOutdated: parts.outdatedFrames,
    waiting: { render: at(Counter.waitingFrames), socket: parts.waitingFrames },
    shownFps: stats?.shownFps ?? 0,
    pipelineMs: stats?.pipelineMs ?? 0,
    rssMb: stats?.rssMb ?? 0,
    job: stats,
  };
}
