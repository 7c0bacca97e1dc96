/**
 * The agent: one process with the HTTP API, the engine and the LiveKit worker; job processes are its children.
 * Exit codes: 0 stopped on request, 1 cannot start or go on (the reason is the last line on stderr).
 */
import { readEnv } from './config/env.ts';
import { toAvatarError } from './errors.ts';
import type { AvatarError } from './errors.ts';
import { createLogger, initializeFrameworkLogger } from './observability/logger.ts';
import { SessionRooms } from './observability/session-rooms.ts';
import { AvatarService } from './worker/avatar-service.ts';

let service: AvatarService | undefined;
let stopping = false;

/** Say in one readable line why the process ends. */
async function die(error: AvatarError): Promise<never> {
  process.stderr.write(`${error.code}: ${error.message}\n`);
  if (error.code === 'INTERNAL') process.stderr.write(`${error.stack ?? ''}\n`);
  await service?.close().catch(() => undefined);
  process.exit(1);
}

async function run(): Promise<void> {
  const env = readEnv();
  const rooms = new SessionRooms();
  const logger = createLogger({
    level: env.logLevel,
    rooms,
    file: env.logFile && { ...env.logFile, isOwner: true },
  });
  initializeFrameworkLogger(env.logLevel);
  process.on('unhandledRejection', (reason) => {
    logger.error({ err: reason }, 'unhandled rejection');
  });
  const stop = (signal: NodeJS.Signals) => {
    // A second signal means: now.
    if (stopping) process.exit(1);
    stopping = true;
    logger.info(`${signal}: stopping`);
    void (service?.close() ?? Promise.resolve()).then(
      () => process.exit(0),
      (error: unknown) => die(toAvatarError(error)),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await AvatarService.start(env, logger, rooms, {
    onStarted: (started) => (service = started),
    onFatal: (error) => void die(error),
  });
}

run().catch((error: unknown) => {
  // What fails because we are stopping is no news.
  if (!stopping) void die(toAvatarError(error));
});
