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
 * Give the agents framework its logger. Its lines below error repeat what ours say, or warn of every 100 ms in which a
 * busy machine did not run us, so they show only when debugging.
 */
export function initializeFrameworkLogger(level: string): void {
  const isDebugging = level === 'debug' || level === 'trace';
  initializeLogger({ pretty: false, level: isDebugging ? level : 'error' });
}
