/** API keys of mode `api-key`: 256 random bits each, of which the server keeps a name and a SHA-256 only. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** One key as the server knows it. */
export type ApiKey = {
  /** Shown in no answer; the rate limit counts by it. */
  readonly name: string;
  /** SHA-256 of the whole key, 32 bytes. A fast hash is enough: nobody guesses 256 random bits. */
  readonly hash: Uint8Array;
};

/** What tools/new-api-key.mjs makes. Anything else is refused unhashed, so a weak word can never be a key. */
const KEY = /^ak_[A-Za-z0-9_-]{43}$/;
const ENTRY = /^([A-Za-z0-9._-]{1,64}):([0-9a-f]{64})$/i;

/**
 * Read `name:sha256` entries, separated by commas, blanks or lines; `#` starts a comment.
 * @throws RangeError naming the entry by its number, never by its text (it may be a key put there by mistake).
 */
export function parseApiKeys(text: string): ApiKey[] {
  const entries = text
    .replace(/#.*$/gm, '')
    .split(/[\s,]+/)
    .filter((entry) => entry !== '');
  const names = new Set<string>();
  return entries.map((entry, index) => {
    const [, name, hex] = ENTRY.exec(entry) ?? [];
    if (name === undefined || hex === undefined) {
      throw new RangeError(
        `entry ${index + 1} is not name:sha256; make one with \`node tools/new-api-key.mjs NAME\``,
      );
    }
    if (names.has(name)) throw new RangeError(`two keys are named "${name}"`);
    names.add(name);
    return { name, hash: Buffer.from(hex, 'hex') };
  });
}

/** The key a bearer presents, or undefined. Looks at every key, so that time tells nothing about which is near. */
export function findApiKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  if (!KEY.test(presented)) return undefined;
  const hash = createHash('sha256').update(presented).digest();
  let found: ApiKey | undefined;
  for (const key of keys) if (timingSafeEqual(key.hash, hash)) found = key;
  return found;
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +(\S{1,4096})$/i.exec(headers.get('authorization') ?? '')?.[1];
}
