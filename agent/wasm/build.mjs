/**
 * Compiles frame-warp.as.ts to agent/src/idle-motion/frame-warp.wasm.ts: `node agent/wasm/build.mjs`. Needs the network
 * once: the compiler (100 MB) is fetched on demand, so that nobody carries it who does not change the loops.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const COMPILER = 'assemblyscript@0.28.20';
const FLAGS =
  '-O3 --runtime stub --enable simd --enable bulk-memory --noAssert --importMemory'.split(' ');
const source = join(import.meta.dirname, 'frame-warp.as.ts');
const output = join(import.meta.dirname, '../src/idle-motion/frame-warp.wasm.ts');

const folder = mkdtempSync(join(tmpdir(), 'live-avatar-wasm-'));
try {
  const binary = join(folder, 'frame-warp.wasm');
  execFileSync('npx', ['--yes', '--package', COMPILER, 'asc', source, ...FLAGS, '-o', binary], {
    stdio: 'inherit',
  });
  const base64 = readFileSync(binary).toString('base64');
  const lines = base64.match(/.{1,90}/g).map((line) => `  '${line}'`);
  const sha256 = createHash('sha256').update(readFileSync(source)).digest('hex');
  writeFileSync(
    output,
    `/** Made by agent/wasm/build.mjs from agent/wasm/frame-warp.as.ts (${COMPILER}); do not edit. */

/** SHA-256 of the source this was made from; a test compares. */
export const SOURCE_SHA256 = '${sha256}';

/** The module. Imports env.memory, exports warp (see the source). */
export const FRAME_WARP_WASM = Buffer.from(
${lines.join(' +\n')},
  'base64',
);
`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
