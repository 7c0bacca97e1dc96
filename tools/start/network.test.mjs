// @ts-check
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { parseStartArgs } from './args.mjs';
import { neededPorts, portProblems, reachableAddress } from './network.mjs';

test('a TCP port in use is named with its use and the flag that moves it', async () => {
  const holder = createServer();
  await new Promise((resolve) => holder.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (holder.address());
  try {
    const options = parseStartArgs(
      ['--port', String(port), '--livekit-port', '47880', '--agent-port', '48090'],
      {},
    );
    expect(await portProblems(neededPorts(options))).toEqual([
      expect.stringMatching(
        new RegExp(`^Port ${port}/tcp for the page is in use\\..*--port \\d+$`),
      ),
    ]);
  } finally {
    holder.close();
  }
});

test('a UDP port in use is found too', async () => {
  const holder = createSocket('udp4');
  await new Promise((resolve) => holder.bind(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = holder.address();
  try {
    const wanted = /** @type {const} */ ({
      port,
      protocol: 'udp',
      host: '127.0.0.1',
      use: 'media',
      flag: '--livekit-port',
    });
    expect(await portProblems([wanted])).toEqual([
      expect.stringContaining(`Port ${port}/udp for media is in use`),
    ]);
  } finally {
    holder.close();
  }
});

test('0.0.0.0 is announced as an address that others can reach', () => {
  expect(reachableAddress('127.0.0.1')).toBe('127.0.0.1');
  // A machine without any network says so instead.
  try {
    expect(reachableAddress('0.0.0.0')).toMatch(/^(?!127\.|0\.)\d+\.\d+\.\d+\.\d+$/);
  } catch (error) {
    expect(String(error)).toContain('this machine has no network address');
  }
});
