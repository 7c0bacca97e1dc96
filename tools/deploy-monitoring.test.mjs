// @ts-check
// Dashboard and alerts ask for nothing that is not exported: names and labels are compared with what the metrics of agent
// and page and a real livekit-server answer.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { BucketCounts } from '../agent/src/observability/bucket-counts.ts';
import { EngineMeters } from '../agent/src/observability/engine-meters.ts';
import { Metrics } from '../agent/src/observability/metrics.ts';
import { noteTokenIssued, renderMetrics } from '../web/server/metrics.ts';
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
const KEYWORDS_WITH_LABELS = /\b(?:by|on) \(([^)]*)\)/g;

describe('dashboard and alerts', () => {
  /** @type {string} */
  let exported;
  beforeAll(async () => {
    exported = (await agentMetrics()) + (await pageMetrics()) + (await livekitMetrics());
  }, 120_000);

  test.each(queries)('%s: %s', (_title, expr) => {
    const names = expr.match(METRIC) ?? [];
    expect(names.length + (expr.match(/\bup\{/g) ?? []).length).toBeGreaterThan(0);
    for (const name of names) expect(exported).toMatch(new RegExp(`^${name}[ {]`, 'm'));
    for (const [, label, value] of expr.matchAll(/(kind|status|outcome)=~?"(\w+)["|]/g)) {
      expect(exported).toContain(`${label}="${value}"`);
    }
    for (const [, labels = ''] of expr.matchAll(KEYWORDS_WITH_LABELS)) {
      for (const label of labels
        .split(/,\s*/)
        .filter((each) => !['instance', 'job'].includes(each))) {
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

/** What an agent with one session answers on /metrics; agent/test/observability.test.ts asks a real one. */
async function agentMetrics() {
  const meters = new EngineMeters();
  const meter = meters.of('ava', 'lite');
  for (const counts of [...Object.values(meter.stages), ...Object.values(meter.latencies)]) {
    counts.record(0.01);
  }
  const processStarts = new BucketCounts([1]);
  processStarts.record(0.5);
  meters.noteLoad('ava', 'bundle', 1);
  /** @type {any} only what the metrics read */
  const session = {
    avatarId: 'ava',
    framesRendered: 1,
    framesIdle: 1,
    framesDropped: 0,
    framesOutdated: 0,
    waiting: { render: 1, socket: 0 },
    shownFps: 25,
    rssMb: 100,
    job: { framesRepeated: 0, framesOvertaken: 0, framesOutdated: 0, avSkewMs: 1, waiting: {} },
  };
  /** @type {any} */
  const ava = { id: 'ava', name: 'Ava', model: 'lite', status: 'ready', clips: [] };
  const metrics = new Metrics({
    sessions: () => [session],
    maxSessions: () => 4,
    avatars: () => [ava],
    meters,
    residentBytes: () => 1,
    workerLoad: () => 0.25,
    activeJobs: () => 1,
    childProcesses: () => 2,
    processStarts,
    isRegistered: () => true,
  });
  metrics.noteAccepted('ava');
  metrics.noteRefused('UNAUTHORIZED');
  return (await metrics.render()).text;
}

/** What the page answers on its metrics port. */
async function pageMetrics() {
  noteTokenIssued();
  return (await renderMetrics()).text;
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
      LIVEKIT_WEBHOOK_API_KEY: 'APItest',
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
