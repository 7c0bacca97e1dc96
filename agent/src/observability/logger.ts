import { initializeLogger } from '@livekit/agents';
import { pino } from 'pino';
import type { Logger } from 'pino';

/** JSON lines on stdout. Logs carry ids, codes and times; never tokens, audio or what anyone said. */
export function createLogger(level: string, bindings: Record<string, string> = {}): Logger {
  return pino({
    level,
    base: bindings,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['token', 'apiSecret', '*.token', '*.apiSecret'],
  });
}

/**
 * Give the agents framework its logger. Its info lines (one per job request, per process) say nothing that ours do not,
 * so they show only when debugging.
 */
export function initializeFrameworkLogger(level: string): void {
  initializeLogger({
    pretty: false,
    level: level === 'debug' || level === 'trace' ? level : 'warn',
  });
}
