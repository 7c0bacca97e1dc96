/** A livekit-server with any configuration, and the page's server alone, for tests that break one of them on purpose. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WEB = join(ROOT, 'web');
const NEXT = createRequire(join(WEB, 'package.json')).resolve('next/dist/bin/next');

/** Keys that both servers share unless a test wants it otherwise. */
export const KEYS = { key: 'testkey', secret: 'a-secret-for-tests-that-is-long-enough' } as const;

/** A child process of a test. */
export type TestServer = { log(): string; stop(): Promise<void> };

let livekitProgram: string | undefined;

/** Start livekit-server and wait until it answers at `url`. `config`: as in livekit's config-sample.yaml. */
export async function startLivekit(url: string, config: object): Promise<TestServer> {
  livekitProgram ??=
    process.env['LIVEKIT_SERVER_BIN'] ??
    execFileSync(process.execPath, [join(ROOT, 'tools/get-livekit-server.mjs')], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
      .trim()
      .split('\n')
      .at(-1)!;
  return start(livekitProgram, [], url, {
    PATH: process.env['PATH'],
    LIVEKIT_CONFIG: JSON.stringify(config),
    LIVEKIT_KEYS: `${KEYS.key}: ${KEYS.secret}`,
  });
}

/** Start the page's server and wait until it answers. `settings`: its environment. */
export function startPage(
  host: string,
  port: number,
  settings: Record<string, string>,
): Promise<TestServer> {
  return start(
    process.execPath,
    [NEXT, 'start', '--hostname', host, '--port', String(port)],
    `http://127.0.0.1:${port}/api/health`,
    {
      PATH: process.env['PATH'],
      NODE_ENV: 'production',
      HOSTNAME: host,
      LIVEKIT_API_KEY: KEYS.key,
      LIVEKIT_API_SECRET: KEYS.secret,
      // Nobody listens there.
      AGENT_URL: 'http://127.0.0.1:1',
      ...settings,
    },
  );
}

async function start(
  program: string,
  args: string[],
  healthUrl: string,
  env: NodeJS.ProcessEnv,
): Promise<TestServer> {
  const child: ChildProcess = spawn(program, args, { cwd: WEB, env });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const deadline = Date.now() + 60_000;
  const isUp = (): Promise<boolean> =>
    fetch(healthUrl, { signal: AbortSignal.timeout(2000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isUp())) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not answer at ${healthUrl}:\n${output.slice(-3000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    log: () => output,
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
