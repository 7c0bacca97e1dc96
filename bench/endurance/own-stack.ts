/**
 * A stack for long runs: its own folder for temp files, and access by API key, whose limit of new sessions (two a
 * second, web/server/request-limits.ts) is the one every service behind which many people sit would use.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack, type Stack } from '../../e2e/harness/stack.ts';

/** A running stack, its API key and where its processes put temp files. */
export type OwnStack = Stack & {
  readonly apiKey: string;
  /** TMPDIR of every process of the stack; nothing else writes there. */
  readonly temporary: string;
  /** Keys of its LiveKit server. */
  readonly livekitKeys: { readonly apiKey: string; readonly apiSecret: string };
};

const AVATARS = `
ava:
  name: Ava
  video_path: avatars/ava/source.png

leo:
  name: Leo
  video_path: avatars/leo/source.png

probe:
  name: Probe
  video_path: avatars/ava/source.png
  model: probe
  idle: none
`;

/** Start a stack with these settings of `service`; `env` may change access. `stop` also takes its folder away. */
export async function startOwnStack(
  service: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>> = {},
): Promise<OwnStack> {
  const folder = mkdtempSync(join(tmpdir(), 'endurance-'));
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  const config = join(folder, 'realtime.yaml');
  const settings = Object.entries(service).map(([key, value]) => `  ${key}: ${value}\n`);
  writeFileSync(config, `service:\n${settings.join('')}${AVATARS}`);
  const apiKey = `ak_${randomBytes(32).toString('base64url')}`;
  const stack = await startStack({
    config,
    timeoutMs: 170_000,
    env: {
      TMPDIR: temporary,
      ACCESS_MODE: 'api-key',
      ACCESS_API_KEYS: `endurance:${createHash('sha256').update(apiKey).digest('hex')}`,
      ...env,
    },
  });
  const livekitKeys = JSON.parse(readFileSync('.keys/dev.json', 'utf8')) as OwnStack['livekitKeys'];
  return {
    ...stack,
    apiKey,
    temporary,
    livekitKeys,
    async stop() {
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
