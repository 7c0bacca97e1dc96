// @ts-check
// One format for the logs of three programs: JSON lines (agent, livekit-server) and plain text (page).

/** @typedef {'debug' | 'info' | 'warn' | 'error'} Level */

/** Fields that say nothing to a person at the terminal. */
const HIDDEN = new Set([
  'level',
  'time',
  'ts',
  'msg',
  'message',
  'pid',
  'hostname',
  'logger',
  'caller',
  'nodeID',
  'version',
]);
/** Lines of libraries that look alarming while nothing is wrong: at every end of a session, on every busy moment. */
const NOISE =
  /failed to negotiate the publisher|\[OpenH264\].*Warning|^event loop blocked|^process not scheduled|^error reading data channel/;
const MAX_FIELD_LENGTH = 300;

/**
 * Severity and readable text of one line.
 * @param {string} line
 * @param {'stdout' | 'stderr'} stream plain text on stderr is a warning unless it says otherwise
 * @returns {{ level: Level, text: string }}
 */
export function readLogLine(line, stream) {
  const record = line.startsWith('{') ? parseRecord(line) : undefined;
  const text = record ? describe(record) : line;
  if (NOISE.test(text)) return { level: 'info', text };
  if (record) return { level: levelOf(record['level']), text };
  if (/(error|fatal|panic|uncaught|unhandled|failed)\b|⨯/i.test(line))
    return { level: 'error', text: line };
  if (stream === 'stderr' || /\bwarn(ing)?\b|⚠/i.test(line)) return { level: 'warn', text: line };
  return { level: 'info', text: line };
}

/**
 * @param {string} line
 * @returns {Record<string, unknown> | undefined}
 */
function parseRecord(line) {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * pino counts 10…60, zap uses words.
 * @param {unknown} level
 * @returns {Level}
 */
function levelOf(level) {
  if (typeof level === 'number')
    return level >= 50 ? 'error' : level >= 40 ? 'warn' : level >= 30 ? 'info' : 'debug';
  const word = String(level).toLowerCase();
  if (['error', 'fatal', 'panic', 'dpanic'].includes(word)) return 'error';
  if (word.startsWith('warn')) return 'warn';
  return word === 'debug' || word === 'trace' ? 'debug' : 'info';
}

/** @param {Record<string, unknown>} record */
function describe(record) {
  const message = String(record['msg'] ?? record['message'] ?? '');
  const fields = Object.entries(record)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => `${name}=${brief(value)}`);
  return [message, ...fields].join(' ');
}

/** @param {unknown} value */
function brief(value) {
  const message = value && typeof value === 'object' && 'message' in value ? value.message : value;
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return text && text.length > MAX_FIELD_LENGTH ? `${text.slice(0, MAX_FIELD_LENGTH)}…` : text;
}
