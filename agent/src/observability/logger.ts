import { initializeLogger } from '@livekit/agents';
import { destination, multistream, pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import { LogFile } from './log-file.ts';
import { sessionFields } from './session-rooms.ts';
import type { SessionRooms } from './session-rooms.ts';

/** Where lines go beside stdout: LOG_FILE and LOG_FILE_MAX_MB. */
export type LogFileOptions = {
  readonly path: string;
  readonly maxBytes: number;
  /** Whether this process rotates it. */
  readonly isOwner: boolean;
};

/** Keys that hold something about a person or a secret, wherever they appear. */
const HIDDEN_KEYS = [
  'name',
  ...['token', 'apiSecret', 'metadata', 'participant', 'identity', 'driver'].flatMap((key) => [
    key,
    `*.${key}`,
  ]),
];
/** Signed tokens, in whatever text they hide. */
const TOKEN = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * JSON lines on stdout, and in a file when one is named. Logs carry ids, codes and times; never tokens, names, identities,
 * audio or what anyone said. A line about a session has its `sessionId` (LiveKit's job id) and, where it is known, `room`
 * (LiveKit's room sid). Neither a full disk nor a closed stdout ends the process.
 * @throws AvatarError CONFIG_INVALID when the file cannot be opened
 */
export function createLogger(options: {
  readonly level: string;
  /** In every line. */
  readonly bindings?: Readonly<Record<string, string>>;
  readonly file?: LogFileOptions | undefined;
  /** Rooms of sessions: completes lines that name a session. */
  readonly rooms?: SessionRooms;
}): Logger {
  const { level, bindings = {}, file, rooms } = options;
  const stdout = destination({ fd: 1, sync: true });
  // A reader that has gone or a full disk behind a redirection: what cannot be written is no reason to stop.
  stdout.on('error', () => undefined);
  const streams = [{ stream: stdout, level: 'trace' as const }];
  return pino(
    {
      level,
      base: bindings,
      timestamp: stdTimeFunctions.isoTime,
      redact: { paths: HIDDEN_KEYS, censor: '[hidden]' },
      hooks: { streamWrite: (line) => line.replace(TOKEN, '[hidden]') },
      mixin: (fields) => sessionFields(fields, rooms),
    },
    multistream(
      file === undefined
        ? streams
        : [...streams, { stream: new LogFile(file), level: 'trace' as const }],
    ),
  );
}

/**
 * Give the agents framework its logger. Its lines below error repeat what ours say, or warn of every 100 ms in which a
 * busy machine did not run us, so they show only when debugging.
 */
export function initializeFrameworkLogger(level: string): void {
  const isDebugging = level === 'debug' || level === 'trace';
  initializeLogger({ pretty: false, level: isDebugging ? level : 'error' });
}
