import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { listenAt, prepareSocketPlace } from './socket-place.ts';

const temporary = mkdtempSync(join(tmpdir(), 'sp-'));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

it('takes away the folders of engines that were killed, and no others', async () => {
  // A process that listens and is killed leaves its socket behind.
  const killed = join(temporary, 'avatar-engine-killed');
  mkdirSync(killed);
  spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(join(killed, 'engine.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  expect(existsSync(join(killed, 'engine.sock'))).toBe(true);
  const starting = join(temporary, 'avatar-engine-starting');
  mkdirSync(starting);
  const crashed = join(temporary, 'avatar-engine-crashed');
  mkdirSync(crashed);
  utimesSync(crashed, 0, 0);
  const foreign = join(temporary, 'something-else');
  mkdirSync(foreign);
  const running = await prepareSocketPlace(undefined, temporary);
  const server = createServer();
  await listenAt(server, running.path);

  const fresh = await prepareSocketPlace(undefined, temporary);
  const left = [killed, starting, crashed, foreign, dirname(running.path), dirname(fresh.path)];
  expect(left.map((folder) => existsSync(folder))).toEqual([false, true, false, true, true, true]);
  await new Promise((resolve) => server.close(resolve));
  await Promise.all([running.remove(), fresh.remove()]);
});
