/** The page server's only log: unexpected errors, with everything secret taken out. */
import { inspect } from 'node:util';
import { readSecretValues } from './settings.ts';

/** Things that are secret wherever they appear: signed tokens and our API keys. */
const TOKENS = [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, /\bak_[\w-]{43}\b/g];
const HIDDEN = '[hidden]';

/** The text without tokens, API keys and the given secrets. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, HIDDEN);
  for (const pattern of TOKENS) clean = clean.replace(pattern, HIDDEN);
  return clean;
}

/** Report a bug with its stack and causes. */
export function logUnexpected(what: string, thrown: unknown): void {
  let secrets: string[] = [];
  try {
    secrets = readSecretValues();
  } catch {
    // An unreadable secret cannot be in the text.
  }
  // eslint-disable-next-line no-console -- the page's server has no other log
  console.error(withoutSecrets(`${what}: ${inspect(thrown)}`, secrets));
}
