// @ts-check
// `node deploy/check/check.mjs`: checks that need tools from elsewhere and are too slow for `npm test`: the Helm chart
// with Helm's own code and Kubernetes' own types (minutes at first, seconds later), and, where they are installed,
// hadolint, promtool and caddy. What is not installed is named; with --all that is a failure.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { findOnPath } from '../../tools/start/paths.mjs';
import { reasonOf } from '../../tools/start/user-error.mjs';
import { goTool } from './go-tool.mjs';

const DEPLOY = fileURLToPath(new URL('..', import.meta.url));
const DOCKERFILES = [
  'agent.Dockerfile',
  'agent-gpu.Dockerfile',
  'web.Dockerfile',
  'caddy/Dockerfile',
];
const isComplete = process.argv.includes('--all');
let failures = 0;

/**
 * @param {string} what
 * @param {() => void | Promise<void>} check
 */
async function step(what, check) {
  try {
    await check();
    console.log(`ok       ${what}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED   ${what}\n${reasonOf(error)}`);
  }
}

/**
 * @param {string} program
 * @param {string} what
 * @param {(run: (args: string[], env?: NodeJS.ProcessEnv) => void) => void} check
 */
async function stepWith(program, what, check) {
  const path = findOnPath(program, process.env);
  if (!path) {
    if (isComplete) failures += 1;
    console.log(`NOT RUN  ${what}: ${program} is not installed`);
    return;
  }
  await step(what, () =>
    check((args, env = {}) => {
      execFileSync(path, args, {
        cwd: DEPLOY,
        env: { ...process.env, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    }),
  );
}

for (const values of ['least', 'all']) {
  await step(`Helm chart with the ${values} values`, async () => {
    const program = await goTool('helm');
    const args = ['-values', `check/helm/${values}-values.yaml`, 'helm/live-avatar'];
    execFileSync(program, args, { cwd: DEPLOY, stdio: ['ignore', 'pipe', 'pipe'] });
  });
}
await stepWith('hadolint', 'Dockerfiles', (run) => run(DOCKERFILES));
await stepWith('promtool', 'Prometheus and alerts', (run) =>
  run(['check', 'config', 'monitoring/prometheus.yml']),
);
await stepWith('caddy', 'Caddyfile (without its layer-4 part, which plain Caddy lacks)', (run) => {
  const folder = mkdtempSync(join(tmpdir(), 'caddyfile-'));
  try {
    cpSync(join(DEPLOY, 'caddy/Caddyfile'), join(folder, 'Caddyfile'));
    writeFileSync(join(folder, 'turn.caddy'), '');
    run(['validate', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], {
      DOMAIN: 'avatar.example.org',
      TURN_DOMAIN: 'turn.avatar.example.org',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
process.exitCode = failures > 0 ? 1 : 0;
