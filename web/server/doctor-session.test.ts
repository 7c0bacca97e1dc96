import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { readClocks } from './doctor-clocks.ts';
import { DOCTOR_LIMITS, DOCTOR_TOKEN_TTL_S, signDoctorTokens } from './doctor-session.ts';
import { enforceLimits } from './request-limits.ts';

const keys = { apiKey: 'key', apiSecret: 'a-secret-that-is-long-enough-for-hs256' };

test('the tokens of a connection check open one room for two minutes: one may show a picture, one may look', async () => {
  const [sender, listener] = (await signDoctorTokens(keys, 'doctor-1')).map((token) =>
    decodeJwt(token),
  );
  expect(sender?.['video']).toEqual({
    roomJoin: true,
    room: 'doctor-1',
    canPublish: true,
    canPublishSources: ['camera'],
    canSubscribe: false,
    canPublishData: false,
  });
  expect(listener?.['video']).toEqual({
    roomJoin: true,
    room: 'doctor-1',
    canPublish: false,
    canSubscribe: true,
    canPublishData: false,
  });
  expect(DOCTOR_TOKEN_TTL_S).toBeLessThanOrEqual(120);
  for (const claims of [sender, listener]) {
    expect(claims!.exp! - claims!.nbf!).toBe(DOCTOR_TOKEN_TTL_S);
    expect(Object.keys(claims!)).not.toContain('roomConfig');
  }
});

test('one address may not open check after check', () => {
  const nowMs = 1e9;
  const check = (): void => enforceLimits(DOCTOR_LIMITS, { address: '203.0.113.9' }, nowMs);
  for (let count = 0; count < 12; count += 1) check();
  expect(check).toThrow(/Too many requests/);
});

test('clocks are read from the dates of answers; silence is no clock', async () => {
  const server = createServer((_request, response) => {
    response.setHeader('Date', new Date(Date.now() + 600_000).toUTCString());
    response.end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clocks = await readClocks(`ws://127.0.0.1:${port}`, 'http://127.0.0.1:1');
  server.close();
  expect(clocks.agentAheadMs).toBeNull();
  expect(Math.abs(clocks.livekitAheadMs! - 600_000)).toBeLessThan(1500);
  expect(Math.abs(clocks.nowMs - Date.now())).toBeLessThan(1000);
});
