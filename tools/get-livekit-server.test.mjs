// @ts-check
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findLivekitServer, getLivekitServer } from './get-livekit-server.mjs';
import { LIVEKIT_SERVER_VERSION } from './livekit-server/release.mjs';

/** @type {string} */
let folder;
/** @type {NodeJS.ProcessEnv} */
let env;
/** @type {string[]} */
let lines;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'get-livekit-'));
  lines = [];
  env = {
    // Port 9 (discard) refuses at once: "no network" without waiting.
    LIVEKIT_RELEASES_URL: 'http://127.0.0.1:9',
    LIVE_AVATAR_CACHE: join(folder, 'cache'),
    PATH: join(folder, 'bin') + delimiter + '/usr/bin' + delimiter + '/bin',
    HOME: folder,
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * @param {string} path
 * @param {string} body of a shell script
 */
function script(path, body) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}

const answers = (/** @type {string} */ version) => `echo "livekit-server version ${version}"`;
const cached = () =>
  join(
    folder,
    'cache',
    'livekit-server',
    `${LIVEKIT_SERVER_VERSION}-${process.platform}-${process.arch}`,
    'livekit-server',
  );
const get = () => getLivekitServer({ env, log: (line) => lines.push(line) });

test('LIVEKIT_SERVER_BIN wins over PATH, PATH over the cache', async () => {
  script(cached(), answers('1.0.3'));
  expect(await get()).toEqual({ path: cached(), version: '1.0.3', source: 'cache' });
  const onPath = script(join(folder, 'bin', 'livekit-server'), answers('1.0.2'));
  expect(await get()).toEqual({ path: onPath, version: '1.0.2', source: 'PATH' });
  env['LIVEKIT_SERVER_BIN'] = script(join(folder, 'mine'), answers('1.0.1'));
  expect(await get()).toEqual({
    path: join(folder, 'mine'),
    version: '1.0.1',
    source: 'LIVEKIT_SERVER_BIN',
  });
});

test('a LIVEKIT_SERVER_BIN that does not run is an error, not a reason to look elsewhere', async () => {
  script(join(folder, 'bin', 'livekit-server'), answers('1.0.2'));
  env['LIVEKIT_SERVER_BIN'] = join(folder, 'typo');
  await expect(get()).rejects.toThrow(/LIVEKIT_SERVER_BIN=.*typo does not run \(.*ENOENT/);
});

test('a damaged program on PATH or in the cache is passed over', async () => {
  script(join(folder, 'bin', 'livekit-server'), 'exit 1');
  script(cached(), 'echo hello');
  expect(await findLivekitServer(env)).toBeUndefined();
});

test('without network the pinned module is built, and the build is found the next time', async () => {
  // Stands for Go's compiler only: writes the program where `-o` says.
  script(
    join(folder, 'bin', 'go'),
    `while [ "$1" != "-o" ]; do shift; done
    printf '#!/bin/sh\\n${answers(LIVEKIT_SERVER_VERSION)}\\n' > "$2"; chmod 755 "$2"`,
  );
  const startedMs = Date.now();
  expect(await get()).toEqual({
    path: cached(),
    version: LIVEKIT_SERVER_VERSION,
    source: 'go build',
  });
  expect(Date.now() - startedMs).toBeLessThan(5_000);
  expect(lines.join('\n')).toMatch(/no release: .*\n.*building livekit-server/);
  expect(await get()).toMatchObject({ source: 'cache' });
});

test('when nothing works the error names every failure and every choice', async () => {
  script(
    join(folder, 'bin', 'go'),
    'echo "go: dial tcp: lookup proxy.golang.org: no such host" >&2; exit 1',
  );
  const error = await get().catch((/** @type {Error} */ thrown) => thrown);
  expect(String(error)).toMatch(
    /release: .*\n.*go build failed: go: dial tcp: lookup proxy\.golang\.org/,
  );
  for (const choice of [
    'brew install livekit',
    'LIVEKIT_SERVER_BIN',
    'LIVEKIT_RELEASES_URL',
    'go.dev',
  ]) {
    expect(String(error)).toContain(choice);
  }
});
