/**
 * The job process: one per session, thin by design (LiveKit I/O and pacing; no models, no avatars). The agents
 * framework imports this file in a child of the worker and calls `entry` for the job.
 */
import { defineAgent } from '@livekit/agents';
import type { JobContext } from '@livekit/agents';
import { readLocalEnv } from '../config/env.ts';
import { AvatarError } from '../errors.ts';
import { createLogger } from '../observability/logger.ts';
import { NO_TRACING, startTracing } from '../observability/tracing.ts';
import { AvatarSession } from './avatar-session.ts';
import { readAcceptedClaims } from './dispatch-claims.ts';

/** After this a job whose parent is gone exits even if leaving the room hangs, ms. */
const ORPHAN_EXIT_MS = 3000;

let session: AvatarSession | undefined;
let tracing = NO_TRACING;

/** The worker's parent process owns the engine: without it there is nothing to show. */
function onParentGone(): void {
  if (!session) process.exit(0);
  session.end('the worker is gone');
  setTimeout(() => process.exit(1), ORPHAN_EXIT_MS).unref();
}

export default defineAgent({
  prewarm: async () => {
    process.once('disconnect', onParentGone);
    tracing = await startTracing(readLocalEnv().sendsTraces, 'live-avatar-job');
  },
  entry: async (ctx: JobContext) => {
    const { engineSocketPath, logLevel, logFile } = readLocalEnv();
    const logger = createLogger({
      level: logLevel,
      bindings: { sessionId: ctx.job.id, room: ctx.job.room?.sid ?? '' },
      file: logFile && { ...logFile, isOwner: false },
    });
    process.on('unhandledRejection', (reason) =>
      logger.error({ err: reason }, 'unhandled rejection in a job'),
    );
    if (engineSocketPath === undefined) {
      throw new AvatarError(
        'ENGINE_UNAVAILABLE',
        'AVATAR_ENGINE_SOCKET is not set; jobs are started by the agent, not by hand',
      );
    }
    const claims = readAcceptedClaims(ctx.job.metadata);
    const span = tracing.begin('avatar.session', {
      'lk.job_id': ctx.job.id,
      'lk.room_sid': ctx.job.room?.sid ?? '',
      'avatar.id': claims.avatar,
    });
    session = new AvatarSession({ ctx, claims, socketPath: engineSocketPath, logger, span });
    const started = session;
    ctx.addShutdownCallback(async () => {
      started.close();
      await tracing.close();
    });
    try {
      await session.start();
    } catch (error) {
      logger.error({ err: error }, 'session failed');
      session.end('internal error', 'failed');
    }
  },
});
