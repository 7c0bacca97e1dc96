import { AvatarError } from '@live-avatar/agent/errors';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startMetricsServer } from './metrics-server.ts';
import { respondError } from './respond.ts';
import { readMetricsAddress } from './settings.ts';
import { signParticipantToken } from './tokens.ts';

let server: Server;
let url = '';
beforeEach(async () => {
  server = startMetricsServer({ host: '127.0.0.1', port: 0 }, (error) => {
    throw error;
  });
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  vi.unstubAllEnvs();
});

const valueOf = async (series: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return Number(line?.split(' ')[1] ?? 0);
};

test('counts tokens and refusals, and says nothing of whom', async () => {
  const refused = 'avatar_requests_rejected_total{reason="AVATAR_NOT_READY"}';
  const before = [await valueOf('avatar_tokens_issued_total'), await valueOf(refused)] as const;
  const keys = { apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough-for-hs256' };
  const seat = { room: 'room-1', participant: 'person-1', avatar: 'ava' };
  await signParticipantToken(keys, seat, 'Ada Lovelace');
  respondError(new AvatarError('AVATAR_NOT_READY', 'Ava is asleep'));
  expect(await valueOf('avatar_tokens_issued_total')).toBe(before[0] + 1);
  expect(await valueOf(refused)).toBe(before[1] + 1);
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).not.toMatch(/Lovelace|room-1|person-1|asleep/);
  expect(text).toContain('process_cpu_seconds_total');
});

test('answers nothing else', async () => {
  expect((await fetch(url)).status).toBe(404);
  expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
});

test('is off without METRICS_PORT, and on this machine only unless told otherwise', () => {
  vi.stubEnv('METRICS_PORT', '');
  expect(readMetricsAddress()).toBeUndefined();
  vi.stubEnv('METRICS_PORT', '9464');
  expect(readMetricsAddress()).toEqual({ host: '127.0.0.1', port: 9464 });
  vi.stubEnv('METRICS_HOST', '0.0.0.0');
  expect(readMetricsAddress()).toEqual({ host: '0.0.0.0', port: 9464 });
  vi.stubEnv('METRICS_PORT', 'nine');
  expect(readMetricsAddress).toThrow(/METRICS_PORT must be a port number, got "nine"/);
});
