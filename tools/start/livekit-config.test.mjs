// @ts-check
import { describe, expect, test } from 'vitest';
import { parseStartArgs } from './args.mjs';
import { livekitConfig, livekitEnv } from './livekit-config.mjs';
import { ownAddresses } from './network.mjs';

const KEYS = { apiKey: 'APIx', apiSecret: 's'.repeat(43) };
const options = (/** @type {string[]} */ ...argv) => parseStartArgs(argv, {});

describe('livekit-server settings', () => {
  test('by default nothing is reachable from outside this machine', () => {
    const loopback = ownAddresses().find(({ loopback }) => loopback);
    expect(livekitConfig(options(), 'APIx')).toMatchObject({
      port: 7880,
      bind_addresses: ['127.0.0.1'],
      rtc: {
        tcp_port: 7881,
        udp_port: 7882,
        use_external_ip: false,
        enable_loopback_candidate: true,
        interfaces: { includes: [loopback?.interfaceName] },
      },
    });
  });

  test('on a network address media is announced there, and the agent still reaches the server by loopback', () => {
    const outward = ownAddresses().find(({ loopback }) => !loopback);
    if (!outward) return; // A machine without a network cannot listen on one.
    expect(livekitConfig(options('--host', outward.address), 'APIx')).toMatchObject({
      bind_addresses: [outward.address, '127.0.0.1'],
      rtc: { node_ip: outward.address, enable_loopback_candidate: false },
    });
    expect(livekitConfig(options('--host', '0.0.0.0'), 'APIx')).toMatchObject({
      bind_addresses: ['0.0.0.0'],
    });
  });

  test('clients are never told to use a media port as a STUN server', () => {
    const { rtc } = /** @type {{ rtc: { stun_servers: string[], udp_port: number } }} */ (
      livekitConfig(options(), 'APIx')
    );
    expect(rtc.stun_servers.filter((server) => server.endsWith(`:${rtc.udp_port}`))).toEqual([]);
    expect(rtc.stun_servers).not.toHaveLength(0);
  });

  test.each([
    [[], 'http://127.0.0.1:3000/api/livekit-webhook'],
    [['--host', '0.0.0.0', '--port', '4000'], 'http://127.0.0.1:4000/api/livekit-webhook'],
  ])('with %j the page is told what happens in rooms, signed with its own key', (argv, url) => {
    if (argv.includes('0.0.0.0') && ownAddresses().every(({ loopback }) => loopback)) return;
    const { webhook } = JSON.parse(livekitEnv(options(...argv), KEYS, {})['LIVEKIT_CONFIG'] ?? '');
    expect(webhook).toEqual({ api_key: KEYS.apiKey, urls: [url] });
  });

  test("the shell's own LiveKit settings do not leak into the server", () => {
    const shell = {
      PATH: '/bin',
      LIVEKIT_PORT: '1',
      LIVEKIT_REDIS_ADDRESS: 'x:1',
      NODE_IP: '8.8.8.8',
      UDP_PORT: '1',
    };
    const env = livekitEnv(options(), KEYS, shell);
    expect(Object.keys(env).sort()).toEqual(['LIVEKIT_CONFIG', 'LIVEKIT_KEYS', 'PATH']);
    expect(env['LIVEKIT_KEYS']).toBe(`APIx: ${KEYS.apiSecret}`);
  });
});
