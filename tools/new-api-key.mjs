// @ts-check
// `node tools/new-api-key.mjs NAME`: makes an API key for ACCESS_MODE=api-key. The server gets its hash only.
import { createHash, randomBytes } from 'node:crypto';

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || rest.length > 0 || !/^[A-Za-z0-9._-]{1,64}$/.test(name)) {
  console.error('usage: node tools/new-api-key.mjs NAME   (letters, digits, . _ -; at most 64)');
  process.exit(1);
}
const key = `ak_${randomBytes(32).toString('base64url')}`;
console.log(`Key for the client; it is shown this once (Authorization: Bearer …):
  ${key}
Entry for ACCESS_API_KEYS, or a line of the file that ACCESS_API_KEYS_FILE names:
  ${name}:${createHash('sha256').update(key).digest('hex')}`);
