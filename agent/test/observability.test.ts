/** One real session, and what an operator can read of it: metrics, logs, traces; and what nobody may read. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessToken } from 'livekit-server-sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ATTRIBUTES, RPC } from '../src/api/contract.ts';
import { TestAgent } from './helpers/agent-process.ts';
import { TestLivekitServer } from './helpers/livekit-server.ts';
import { OtlpReceiver } from './helpers/otlp-receiver.ts';
import type { ReceivedSpan } from './helpers/otlp-receiver.ts';
import { probeConfig } from './helpers/probe-config.ts';
import { ROOT, waitFor } from './helpers/processes.ts';
import { RoomUser, silence } from './helpers/room-user.ts';

const PERSON = { identity: 'person-ada-1815', name: 'Ada Lovelace', room: 'room-of-countess' };
/** Where programs leave what they want to keep or send. */
const home = mkdtempSync(join(tmpdir(), 'avatar-home-'));
const logFile = join(mkdtempSync(join(tmpdir(), 'avatar-log-')), 'agent.log');

let livekit: TestLivekitServer;
let agent: TestAgent;
let traces: OtlpReceiver;
let token = '';
let dispatch = '';
/** /metrics while the session ran, and after it had ended. */
let during = '';
let after = '';

const metrics = async () => (await agent.get('/metrics')).text();
const value = (text: string, series: string): number => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? NaN);
};

beforeAll(async () => {
  traces = await OtlpReceiver.start();
  livekit = await TestLivekitServer.start();
  agent = await TestAgent.start({
    livekit,
    config: probeConfig('max_sessions: 2', 'ava: {video_path: avatars/ava/source.png}'),
    env: { LOG_FILE: logFile, OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, HOME: home, TMPDIR: home },
  });
  const { identity, name, room } = PERSON;
  const access = new AccessToken(livekit.apiKey, livekit.apiSecret, { identity, name });
  access.addGrant({ roomJoin: true, room, canPublish: true, canSubscribe: true });
  token = await access.toJwt();
  dispatch = await agent.metadata({ room, participant: identity, avatar: 'probe_a' });
  const user = await RoomUser.enter(livekit.url, token, identity);
  // Dispatch is one-shot: like the page, ask again until an avatar comes.
  for (let attempt = 0; attempt < 6 && user.seen.length === 0; attempt += 1) {
    await agent.dispatch(room, dispatch);
    await user.firstFrame(8000).catch(() => undefined);
  }
  await user.firstFrame();
  await user.speak(silence);
  const state = (wanted: string) =>
    waitFor(
      `the avatar is ${wanted}`,
      () => user.avatar?.attributes[ATTRIBUTES.agentState] === wanted,
      20_000,
    );
  await user.rpc(RPC.playClip, { name: 'hello' });
  await state('speaking');
  await user.rpc(RPC.interrupt, {});
  await state('listening');
  // Before the switch: what a job reports counts for the avatar it shows then.
  await waitFor('measurements arrive', async () =>
    /avatar_interrupt_seconds_count\S* \d/.test(await metrics()),
  );
  await user.rpc(RPC.select, { id: 'probe_b' });
  await user.rpcErrorCode(RPC.select, { id: 'nobody' });
  during = await metrics();
  await user.leave();
  await waitFor('the session ends', async () => (await agent.status()).activeSessions === 0);
  await waitFor(
    'its trace arrives',
    () => traces.named('avatar.session').length > 0 && traces.named('avatar.start').length > 0,
    20_000,
  );
  after = await metrics();
}, 180_000);

afterAll(async () => {
  await agent.stop();
  await livekit.stop();
  traces.stop();
});

describe('metrics of a real session', () => {
  it('hold what was measured in the job, the engine and the worker', () => {
    const of = '{avatar="probe_a",renderer="probe"}';
    expect(value(during, 'avatar_sessions_active{avatar="probe_b",renderer="probe"}')).toBe(1);
    for (const name of ['join', 'playback_latency', 'interrupt']) {
      expect(value(during, `avatar_${name}_seconds_count${of}`), name).toBeGreaterThanOrEqual(1);
      expect(value(during, `avatar_${name}_seconds_sum${of}`), name).toBeGreaterThan(0);
    }
    expect(value(during, `avatar_interrupt_seconds_sum${of}`)).toBeLessThan(2);
    const frames = value(during, `avatar_audio_to_frame_seconds_count${of}`);
    expect(frames).toBeGreaterThan(5);
    const meanS = value(during, `avatar_audio_to_frame_seconds_sum${of}`) / frames;
    expect(meanS).toBeGreaterThan(0.04);
    expect(meanS).toBeLessThan(1);
    for (const kind of ['speech', 'idle']) {
      expect(value(during, `avatar_frames_total{kind="${kind}"}`), kind).toBeGreaterThan(0);
    }
    expect(value(during, 'avatar_load_seconds{avatar="probe_a",step="engine"}')).toBeGreaterThan(0);
    expect(value(during, 'avatar_load_failures_total{avatar="broken"}')).toBe(1);
    expect(value(during, 'avatar_resident_bytes{avatar="probe_a"}')).toBe((512 * 512 * 3) / 2);
    expect(value(during, 'lk_agents_child_process_count')).toBeGreaterThanOrEqual(2);
    const starts = value(during, 'lk_agents_proc_initialize_duration_seconds_count');
    expect(starts).toBeGreaterThanOrEqual(1);
  });

  it('keep counting when it has ended, and say how it ended', () => {
    const shown = 'avatar="probe_b",renderer="probe"';
    expect(
      value(after, `avatar_sessions_total{${shown},outcome="completed"}`),
    ).toBeGreaterThanOrEqual(1);
    const speech = 'avatar_frames_total{kind="speech"}';
    expect(value(after, speech)).toBeGreaterThanOrEqual(value(during, speech));
  });

  it('are all that dashboard and alerts ask an agent for', () => {
    const read = (path: string) => readFileSync(join(ROOT, 'deploy/monitoring', path), 'utf8');
    const asked = `${read('grafana/live-avatar.json')} ${JSON.stringify(parse(read('alerts.yml')))}`;
    const names = new Set(asked.match(/\b(?:avatar|lk_agents)_[a-z0-9_]+/g) ?? []);
    names.delete('avatar_tokens_issued_total'); // the page's; tools/deploy-monitoring.test.mjs
    // Counted from the first refusal on.
    names.delete('avatar_requests_rejected_total');
    expect(names.size).toBeGreaterThan(20);
    for (const name of names) expect(during).toMatch(new RegExp(`^${name}[ {]`, 'm'));
  });

  it('have a place in the documentation', () => {
    const text = readFileSync(join(ROOT, 'docs/observability.md'), 'utf8');
    const names = during.match(/(?<=^# TYPE )(?:avatar|lk_agents)_\w+/gm) ?? [];
    expect(names.length).toBeGreaterThan(20);
    for (const name of names) expect(text).toContain(`\`${name}\``);
  });
});

describe('logs of a real session', () => {
  const lines = (): Record<string, unknown>[] =>
    readFileSync(logFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('are in the file as on stdout, from parent and job, each line with session and room', () => {
    // One, or more where a busy machine made us ask for another avatar.
    const ids = new Set(lines().flatMap(({ sessionId }) => sessionId ?? []));
    expect(ids.size).toBeGreaterThan(0);
    for (const id of ids) expect(id).toMatch(/^AJ_/);
    const ours = lines().filter(({ sessionId }) => sessionId !== undefined);
    const messages = ours.map(({ msg }) => msg);
    expect(messages).toContain('job accepted');
    expect(messages).toContain('session started');
    expect(messages).toContain('session ends');
    expect(messages).toContain('RPC refused');
    for (const line of ours)
      expect(line, String(line['msg'])).toHaveProperty('room', expect.stringMatching(/^RM_/));
    for (const { msg } of ours) expect(agent.process.output).toContain(String(msg));
  });

  it('and metrics and traces name nobody and hold no secret', () => {
    const everything = [readFileSync(logFile, 'utf8'), agent.process.output, during, after];
    const forbidden = [...Object.values(PERSON), token, dispatch, livekit.apiSecret, 'Lovelace'];
    for (const text of [...everything, traces.raw]) {
      for (const word of forbidden) expect(text).not.toContain(word);
      expect(text).not.toMatch(/\beyJ[\w-]{10,}\./);
    }
  });
});

describe('traces of a real session', () => {
  it('show its steps within it, and the loading of avatars', () => {
    const isShown = ({ spanId }: ReceivedSpan) =>
      traces.named('avatar.interrupt').some(({ parentId }) => parentId === spanId);
    const session = traces.named('avatar.session').find(isShown);
    expect(session).toMatchObject({ service: 'live-avatar-job', parentId: '', isFailed: false });
    expect(session!.attributes).toMatchObject({
      'lk.job_id': expect.stringMatching(/^AJ_/) as string,
      'lk.room_sid': expect.stringMatching(/^RM_/) as string,
      'avatar.id': 'probe_a',
      'lk.avatar.join_latency': expect.any(Number) as number,
      outcome: 'completed',
    });
    for (const name of ['open', 'join', 'publish', 'interrupt', 'playback']) {
      const spans = traces.named(`avatar.${name}`);
      const span = spans.find(({ parentId }) => parentId === session!.spanId);
      expect(span, name).toMatchObject({ traceId: session!.traceId, parentId: session!.spanId });
      expect(span!.durationMs, name).toBeGreaterThan(0);
      expect(span!.durationMs, name).toBeLessThan(session!.durationMs);
    }
    const selections = traces.named('avatar.select');
    expect(selections.map(({ isFailed }) => isFailed).sort()).toEqual([false, true]);
    const loads = traces
      .named('avatar.load')
      .filter(({ service }) => service === 'live-avatar-agent');
    const loaded = loads.map(
      ({ attributes }) => `${attributes['avatar.id']} ${attributes['step']}`,
    );
    expect(loaded).toContain('probe_a bundle');
    expect(loaded).toContain('probe_a engine');
    expect(loads.find(({ attributes }) => attributes['avatar.id'] === 'broken')).toMatchObject({
      attributes: { failed: true },
    });
  });
});

describe('what nobody asked for', () => {
  it('is not sent: ONNX Runtime ran, and keeps nothing to tell its maker', async () => {
    expect(await agent.avatars()).toContainEqual(
      expect.objectContaining({ id: 'ava', status: 'ready', model: 'lite' }),
    );
    const kept = readdirSync(home, { recursive: true }).map(String);
    expect(kept.filter((path) => /Microsoft|onnxruntime|mat-debug/.test(path))).toEqual([]);
    expect(kept).not.toEqual([]);
  });
});
