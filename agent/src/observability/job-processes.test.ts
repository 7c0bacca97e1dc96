import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { JobProcesses } from './job-processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'job-processes-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('counts job processes, not others, and measures how long they take to be ready', async () => {
  const processes = new JobProcesses();
  const script = join(folder, 'job_proc_lazy_main.cjs');
  writeFileSync(
    script,
    'process.send({ case: "pongResponse" }); setTimeout(() => process.send({ case: "initializeResponse" }), 200); setInterval(() => 0, 1e6);',
  );
  const other = join(folder, 'other.cjs');
  writeFileSync(other, 'process.send({ case: "initializeResponse" }); setInterval(() => 0, 1e6);');
  const children = [fork(script), fork(other)];
  try {
    await Promise.all(children.map((child) => once(child, 'message')));
    expect(processes.count).toBe(1);
    expect(processes.startingCount).toBe(1);
    expect(processes.starts.total).toBe(0);
    await once(children[0]!, 'message');
    expect(processes.starts.total).toBe(1);
    expect(processes.startingCount).toBe(0);
    expect(processes.starts.sumS).toBeGreaterThan(0.2);
  } finally {
    const ends = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ends);
    processes.close();
  }
  expect(processes.count).toBe(0);
});
