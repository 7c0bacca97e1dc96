// @ts-check
// Dashboard and alerts ask for nothing that is not exported: names and labels are compared with what the agent's
// metrics and a real livekit-server answer.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { Metrics } from '../agent/src/observability/metrics.ts';
import { getLivekitServer } from './get-livekit-server.mjs';
import { REPO_ROOT } from './start/paths.mjs';
import { freePort } from './free-port.fixture.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(REPO_ROOT, 'deploy', path), 'utf8');
const dashboard = JSON.parse(read('monitoring/grafana/live-avatar.json'));
/** @type {{ alert: string, expr: string }[]} */
const alerts = parse(read('monitoring/alerts.yml')).groups.flatMap(
  (/** @type {any} */ group) => group.rules,
);
/** @type {[string, string][]} */
const queries = [
  ...dashboard.panels.flatMap((/** @type {any} */ panel) =>
    panel.targets.map((/** @type {any} */ target) => [panel.title, target.expr]),
  ),
  ...alerts.map(({ alert, expr }) => [alert, expr]),
];
const METRIC = /\b(?:avatar|lk_agents|livekit|process|nodejs)_[a-z0-9_]+/g;

describe('dashboard and alerts', () => {
  /** @type {string} */
  let exported;
  beforeAll(async () => {
    exported = (await agentMetrics()) + (await livekitMetrics());
  }, 120_000);

  test.each(queries)('%s: %s', (_title, expr) => {
    const names = expr.match(METRIC) ?? [];
    expect(names.length + (expr.match(/\bup\{/g) ?? []).length).toBeGreaterThan(0);
    for (const name of names) expect(exported).toMatch(new RegExp(`^${name}[ {]`, 'm'));
    for (const [, label, value] of expr.matchAll(/(kind|status)="(\w+)"/g)) {
      expect(exported).toContain(`${label}="${value}"`);
    }
    for (const [, labels = ''] of expr.matchAll(/by \(([^)]*)\)/g)) {
      for (const label of labels.split(/,\s*/).filter((each) => each !== 'instance')) {
        expect(exported, label).toMatch(new RegExp(`^${names[0]}{[^}]*${label}="`, 'm'));
      }
    }
  });

  test('Grafana finds its data where the provisioning says', () => {
    const [source] = parse(read('monitoring/grafana/datasource.yml')).datasources;
    for (const { datasource, targets } of dashboard.panels) {
      expect(datasource.uid).toBe(source.uid);
      expect(targets.length).toBeGreaterThan(0);
    }
  });
});

/** What an agent with one session answers on /metrics. */
async function agentMetrics() {
  const session = {
    sessionId: 's',
    avatarId: 'ava',
    uptimeMs: 1,
    framesRendered: 1,
    framesIdle: 1,
  };
  const rates = { framesDropped: 0, shownFps: 25, pipelineMs: 90, rssMb: 100 };
  /** @type {any} only what the metrics read */
  const status = {
    activeSessions: 1,
    maxSessions: 4,
    sessions: [{ ...session, ...rates }],
    stages: { mouth: { p50Ms: 1, p99Ms: 2 } },
  };
  const metrics = new Metrics({
    status: () => status,
    avatars: () => [],
    workerLoad: () => 0.25,
    activeJobs: () => 1,
    isRegistered: () => true,
  });
  metrics.noteAccepted('ava');
  metrics.noteRefused('UNAUTHORIZED');
  return (await metrics.render()).text;
}

/** What a fresh livekit-server answers on its metrics port. */
async function livekitMetrics() {
  const { path } = await getLivekitServer();
  const [port, tcpPort, udpPort, metricsPort] = await Promise.all(
    Array.from({ length: 4 }, freePort),
  );
  const child = spawn(path, ['--config', join(REPO_ROOT, 'livekit.yaml')], {
    env: {
      LIVEKIT_KEYS: `APItest: ${'s'.repeat(40)}`,
      NODE_IP: '127.0.0.1',
      LIVEKIT_PORT: String(port),
      LIVEKIT_RTC_TCP_PORT: String(tcpPort),
      UDP_PORT: String(udpPort),
      LIVEKIT_PROMETHEUS_PORT: String(metricsPort),
    },
    stdio: 'ignore',
  });
  try {
    return await vi.waitFor(
      async () => {
        const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
        expect(text).toContain('livekit_room_total');
        return text;
      },
      { timeout: 10_000 },
    );
  } finally {
    child.kill('SIGKILL');
  }
}
