// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Child } from './children.mjs';

/** @param {string} script of Node */
function start(script) {
  /** @type {string[]} */
  const lines = [];
  const child = new Child(
    {
      name: 'part',
      command: process.execPath,
      args: ['-e', script],
      cwd: process.cwd(),
      env: process.env,
    },
    (name, level, text) => lines.push(`${name} ${level} ${text}`),
  );
  return { child, lines };
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    // In a container without an init process nobody collects an ended orphan: it stays as a zombie.
    const stat = `/proc/${pid}/stat`;
    return !(existsSync(stat) && / Z /.test(readFileSync(stat, 'utf8')));
  } catch {
    return false;
  }
}

/** A parent that ignores SIGTERM, and whose grandchild does too; prints the grandchild's pid. */
const STUBBORN = `
  process.on('SIGTERM', () => console.log('asked'));
  const child = require('child_process').spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1e3)']);
  console.log(child.pid);
  setInterval(() => {}, 1e3);`;

test('lines arrive with their level, and the last ones are kept for the report', async () => {
  const { child, lines } = start(
    `for (let i = 0; i < 30; i += 1) console.log('line ' + i); console.error('Error: x')`,
  );
  expect(await child.ended).toBe('ended with code 0');
  await expect.poll(() => lines.length).toBe(31);
  expect(lines).toContain('part info line 0');
  expect(lines).toContain('part error Error: x');
  expect(child.lastLines).toHaveLength(20);
});

test('a program that cannot be started says why', async () => {
  const spec = {
    name: 'none',
    command: '/nonexistent/program',
    args: [],
    cwd: process.cwd(),
    env: {},
  };
  const child = new Child(spec, () => undefined);
  expect(await child.ended).toMatch(/could not be started: .*ENOENT/);
  await child.stop(1000);
});

test('a program that ends when asked is not kept waiting', async () => {
  const { child, lines } = start(
    `process.on('SIGTERM', () => process.exit(3)); console.log('up'); setInterval(() => {}, 1e3)`,
  );
  await expect.poll(() => lines).toContain('part info up');
  const startedMs = Date.now();
  await child.stop(10_000);
  expect(await child.ended).toBe('ended with code 3');
  expect(Date.now() - startedMs).toBeLessThan(2_000);
});

test('after the grace time the program and what it forked are ended', async () => {
  const { child, lines } = start(STUBBORN);
  await expect.poll(() => lines.length, { timeout: 5_000 }).toBe(1);
  const grandchild = Number(lines[0]?.split(' ').at(-1));
  expect(alive(grandchild)).toBe(true);
  await child.stop(300);
  expect(await child.ended).toBe('was ended by SIGKILL');
  expect(lines).toContain('part info asked');
  await expect.poll(() => alive(grandchild)).toBe(false);
});
