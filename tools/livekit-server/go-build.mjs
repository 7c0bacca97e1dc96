// @ts-check
// Build of the pinned livekit-server from the Go module proxy: the source for machines that reach package registries only.
import { spawn } from 'node:child_process';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MODULE_DIR = fileURLToPath(new URL('.', import.meta.url));
const COMMAND = 'github.com/livekit/livekit-server/cmd/server';
/** Packages a build from nothing compiles (`go list -deps`), for the progress line only. */
const PACKAGE_COUNT = 780;
const PROGRESS_EVERY_MS = 10_000;
const KEPT_LINES = 12;

/**
 * Build the pinned version to `target`. Takes about two minutes on two cores, seconds when Go has it cached.
 * @param {object} options
 * @param {string} options.go path of the `go` program
 * @param {string} options.target absolute path of the program to write
 * @param {NodeJS.ProcessEnv} options.env
 * @param {(line: string) => void} options.log
 * @param {AbortSignal} [options.signal] stops the build
 * @returns {Promise<void>} rejects with the last lines of the compiler
 */
export async function goBuild({ go, target, env, log, signal }) {
  await mkdir(dirname(target), { recursive: true });
  const partial = `${target}.partial-${process.pid}`;
  const args = ['build', '-v', '-trimpath', '-ldflags=-s -w', '-o', partial, COMMAND];
  const child = spawn(go, args, {
    cwd: MODULE_DIR,
    // Fixed flags: a user's GOFLAGS (-mod=vendor, …) must not decide how the pinned module is read.
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -buildvcs=false', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });

  const startedMs = Date.now();
  let downloads = 0;
  let compiled = 0;
  /** @type {string[]} */
  const lastLines = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('go: downloading')) downloads += 1;
    else if (/^[\w.-]+(\/[\w.~+-]+)*$/.test(line)) compiled += 1;
    else {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
    }
  });
  const progress = setInterval(() => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    log(
      `  building: ${downloads} modules fetched, ${compiled} of up to ${PACKAGE_COUNT} packages compiled (${seconds} s)`,
    );
  }, PROGRESS_EVERY_MS);

  try {
    await exitOf(child, lastLines);
    await rename(partial, target);
  } finally {
    clearInterval(progress);
    await rm(partial, { force: true });
  }
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {string[]} lastLines
 * @returns {Promise<void>}
 */
function exitOf(child, lastLines) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`go build failed: ${lastLines.join('\n    ') || `exit code ${code}`}`));
    });
  });
}
