// @ts-check
// The Helm chart, linted and rendered by Helm's own code and read into Kubernetes' own types (deploy/check/helm); here
// what it says is held against the agent, the page and the shipped configuration.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { parseConfig } from '../agent/src/config/load.ts';
import { goTool } from '../deploy/check/go-tool.mjs';
import { REPO_ROOT } from './start/paths.mjs';

const read = (/** @type {string} */ path) => readFileSync(join(REPO_ROOT, path), 'utf8');
const chart = join(REPO_ROOT, 'deploy/helm/live-avatar');
const defaults = parse(read('deploy/helm/live-avatar/values.yaml'));
const least = parse(read('deploy/check/helm/least-values.yaml'));
const all = parse(read('deploy/check/helm/all-values.yaml'));

describe('values.yaml', () => {
  test('has a configuration that agents accept, with the shipped avatars and time to drain', () => {
    const config = parseConfig(defaults.config, 'values.yaml');
    const shipped = parseConfig(read('configs/realtime.yaml'), 'configs/realtime.yaml');
    expect([...config.avatars]).toEqual([...shipped.avatars]);
    expect(config.service.drain_s).toBeGreaterThanOrEqual(600);
  });
});

describe('the chart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  /** @type {string} */
  let program;
  beforeAll(async () => {
    // Helm and Kubernetes' types are compiled once per machine: minutes, then seconds.
    program = await goTool('helm');
  }, 900_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** @param {object} values @returns {Promise<any[]>} the manifests */
  async function render(values) {
    const path = join(folder, 'values.yaml');
    writeFileSync(path, stringify(values));
    const { stdout } = await promisify(execFile)(program, ['-values', path, chart]);
    return parseAllDocuments(stdout).map((document) => document.toJS());
  }
  const named = (/** @type {any[]} */ manifests, /** @type {string} */ kind, part = 'agent') =>
    manifests.find((each) => each.kind === kind && each.metadata.name === `check-${part}`);

  test('has what scaling needs', async () => {
    const manifests = await render(all);
    for (const kind of [
      ...['Deployment', 'Service', 'ConfigMap', 'PodDisruptionBudget'],
      ...['HorizontalPodAutoscaler', 'ServiceMonitor', 'NetworkPolicy'],
    ]) {
      expect(named(manifests, kind), kind).toBeDefined();
    }
    expect(named(await render(least), 'HorizontalPodAutoscaler')).toBeUndefined();
  });

  test('pods get half a minute more than service.drain_s to end', async () => {
    for (const values of [least, all]) {
      const manifests = await render(values);
      const text = named(manifests, 'ConfigMap').data['realtime.yaml'];
      const { service } = parseConfig(text, 'realtime.yaml');
      const { spec } = named(manifests, 'Deployment').spec.template;
      const spareS = spec.terminationGracePeriodSeconds - service.drain_s;
      expect(spareS).toBeGreaterThanOrEqual(29);
      expect(spareS).toBeLessThanOrEqual(31);
    }
  });

  test('the page’s AGENT_URL is a name that stands for every agent, draining ones too', async () => {
    const manifests = await render(least);
    const [web] = named(manifests, 'Deployment', 'web').spec.template.spec.containers;
    const url = new URL(web.env.find((/** @type {any} */ each) => each.name === 'AGENT_URL').value);
    const { metadata, spec } = named(manifests, 'Service');
    expect(url.hostname).toBe(metadata.name);
    expect(spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(url.port).toBe(String(spec.ports[0].port));
    const [agent] = named(manifests, 'Deployment').spec.template.spec.containers;
    // A headless service has no port of its own: the name leads to the container's.
    expect(agent.ports[0].containerPort).toBe(spec.ports[0].port);
  });

  test('probes ask routes of the agent; only readiness depends on LiveKit', async () => {
    const [agent] = named(await render(least), 'Deployment').spec.template.spec.containers;
    expect(agent.readinessProbe.httpGet.path).toBe('/readyz');
    expect(agent.livenessProbe.httpGet.path).toBe('/healthz');
    expect(agent.startupProbe.httpGet.path).toBe('/healthz');
  });

  test('the autoscaler follows a metric of the agent, at a share of max_sessions', async () => {
    const [metric] = named(await render(all), 'HorizontalPodAutoscaler').spec.metrics;
    const { service } = parseConfig(all.config, 'all-values.yaml');
    const share = all.autoscaling.targetUsedPercent / 100;
    const expected = `${service.max_sessions * share * 1000}m`;
    expect(metric.pods.target).toEqual({ type: 'AverageValue', averageValue: expected });
    const folderPath = join(REPO_ROOT, 'agent/src/observability');
    const sources = readdirSync(folderPath).filter((name) => !name.includes('.test.'));
    const text = sources.map((name) => readFileSync(join(folderPath, name), 'utf8')).join('');
    expect(text).toContain(`'${metric.pods.metric.name}'`);
    expect(text).toContain("'avatar_sessions_capacity'");
  });

  test.each([
    ['no LiveKit', { ...least, livekit: { ...least.livekit, url: '' } }, /livekit/],
    ['a key that is gone', { ...least, agent: { drainSeconds: 60 } }, /drainSeconds/],
    ['no secret for the passcode', { ...least, web: {} }, /existingSecret/],
    ['a configuration that is none', { ...least, config: '{' }, /realtime\.yaml/],
    ['a page open to everybody', { ...least, web: { access: { mode: 'open' } } }, /mode/],
  ])('refuses %s', async (_what, values, message) => {
    await expect(render(values)).rejects.toThrow(message);
  });
});
