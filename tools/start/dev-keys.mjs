// @ts-check
// Development API key of the local LiveKit server: made once per clone, readable by its owner only, never a default.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPO_ROOT } from './paths.mjs';
import { UserError } from './user-error.mjs';

/** Ignored by git. */
export const DEV_KEYS_PATH = join(REPO_ROOT, '.keys', 'dev.json');
/** livekit-server warns about shorter secrets. */
const MIN_SECRET_LENGTH = 32;

/** @typedef {{ apiKey: string, apiSecret: string }} ApiKeys */

/**
 * A new random pair: key as LiveKit names them (`API` + 13), secret of 256 bits.
 * @returns {ApiKeys}
 */
export function newKeys() {
  const apiKey = `API${randomBytes(16).toString('base64url').replace(/[-_]/g, 'x').slice(0, 13)}`;
  return { apiKey, apiSecret: randomBytes(32).toString('base64url') };
}

/**
 * Read the keys, or make them on the first call.
 * @param {string} [path]
 * @returns {ApiKeys}
 * @throws {UserError} when the file is there but damaged
 */
export function devKeys(path = DEV_KEYS_PATH) {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    // Exclusive creation: two starts at the same time agree on the first one's keys.
    const keys = newKeys();
    writeFileSync(path, `${JSON.stringify(keys, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    return keys;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  try {
    return checked(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(
      `${path} is damaged (${reason}). Delete it and start again: new keys are made.`,
    );
  }
}

/**
 * @param {unknown} value
 * @returns {ApiKeys}
 */
function checked(value) {
  const { apiKey, apiSecret } = /** @type {Partial<ApiKeys>} */ (value ?? {});
  if (typeof apiKey !== 'string' || !/^\w+$/.test(apiKey)) throw new Error('apiKey is missing');
  if (typeof apiSecret !== 'string' || apiSecret.length < MIN_SECRET_LENGTH) {
    throw new Error(`apiSecret is missing or shorter than ${MIN_SECRET_LENGTH} characters`);
  }
  return { apiKey, apiSecret };
}
