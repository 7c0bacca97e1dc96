// @ts-check
import { describe, expect, test } from 'vitest';
import { parseStartArgs } from './args.mjs';

const parse = (/** @type {string[]} */ ...argv) => parseStartArgs(argv, {});

describe('parseStartArgs', () => {
  test('listens on loopback with the documented ports by default', () => {
    expect(parse()).toMatchObject({
      host: '127.0.0.1',
      pagePort: 3000,
      livekitPort: 7880,
      rtcTcpPort: 7881,
      rtcUdpPort: 7882,
      agentPort: 8090,
      verbose: false,
    });
    expect(parse().configPath).toMatch(/configs[/\\]realtime\.yaml$/);
  });

  test('a flag wins over its environment variable', () => {
    const env = { PORT: '4000', LIVEKIT_PORT: '9000' };
    expect(parseStartArgs(['--port', '5000'], env)).toMatchObject({
      pagePort: 5000,
      livekitPort: 9000,
    });
  });

  test('localhost means 127.0.0.1', () => {
    expect(parse('--host', 'localhost').host).toBe('127.0.0.1');
  });

  test.each([
    [['--port', 'abc'], /--port must be a port from 1 to 65535, got "abc"/],
    [['--port', '0'], /--port must be a port/],
    [['--livekit-port', '65535'], /--livekit-port must be a port from 1 to 65533/],
    [['--port', '7881'], /--port and --livekit-port \+ 1 are both 7881/],
    [
      ['--host', '203.0.113.7'],
      /--host 203\.0\.113\.7 is not an IPv4 address of this machine; it has .*127\.0\.0\.1/,
    ],
    [['--prot', '1'], /Unknown option '--prot'.*npm start -- --help/],
    [['extra'], /Unexpected argument 'extra'/],
  ])('refuses %j with the cure', (argv, message) => {
    expect(() => parse(...argv)).toThrow(message);
  });
});
