// @ts-check
// `node tools/init-env.mjs`: makes .env for docker compose from .env.example, with fresh keys, once.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { newKeys } from './start/dev-keys.mjs';
import { REPO_ROOT } from './start/paths.mjs';

/**
 * Write `.env`, readable by its owner only.
 * @param {string} [root]
 * @returns {'made' | 'kept'} `kept`: there is one already, left alone
 * @throws {Error} when .env.example has no place for the keys
 */
export function initEnv(root = REPO_ROOT) {
  const { apiKey, apiSecret } = newKeys();
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  const filled = example
    .replace(/^LIVEKIT_API_KEY=$/m, `LIVEKIT_API_KEY=${apiKey}`)
    .replace(/^LIVEKIT_API_SECRET=$/m, `LIVEKIT_API_SECRET=${apiSecret}`);
  if (!filled.includes(apiKey) || !filled.includes(apiSecret)) {
    throw new Error(
      '.env.example must have the empty lines LIVEKIT_API_KEY= and LIVEKIT_API_SECRET=',
    );
  }
  try {
    writeFileSync(join(root, '.env'), filled, { mode: 0o600, flag: 'wx' });
    return 'made';
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return 'kept';
    throw error;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const result = initEnv();
  console.log(
    result === 'made'
      ? 'Made .env with fresh keys. Look through its settings, then: docker compose up --build'
      : '.env exists and was left alone. Delete it to get fresh keys.',
  );
}
