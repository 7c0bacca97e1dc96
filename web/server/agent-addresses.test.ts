import { expect, test } from 'vitest';
import { agentAddresses, type Lookup } from './agent-addresses.ts';

const names: Record<string, readonly { address: string; family: number }[]> = {
  agents: [
    { address: '10.1.0.4', family: 4 },
    { address: '10.1.0.7', family: 4 },
  ],
  localhost: [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ],
  six: [
    { address: 'fd00::4', family: 6 },
    { address: 'fd00::7', family: 6 },
  ],
};
const resolve: Lookup = (host) => {
  const found = names[host];
  return found ? Promise.resolve(found) : Promise.reject(new Error('ENOTFOUND'));
};

test('several addresses are separated by commas; spaces and last slashes do not matter', async () => {
  expect(await agentAddresses('http://10.0.0.1:8090/, http://10.0.0.2:8090,', resolve)).toEqual([
    'http://10.0.0.1:8090',
    'http://10.0.0.2:8090',
  ]);
});

test('a name that stands for several machines becomes each of them, once', async () => {
  expect(await agentAddresses('http://agents:8090,http://10.1.0.7:8090', resolve)).toEqual([
    'http://10.1.0.4:8090',
    'http://10.1.0.7:8090',
  ]);
  expect(await agentAddresses('http://six:8090/base/', resolve)).toEqual([
    'http://[fd00::4]:8090/base',
    'http://[fd00::7]:8090/base',
  ]);
});

test('a name keeps itself when it is one machine, unknown, or on a certificate', async () => {
  for (const url of [
    'http://localhost:8090',
    'http://nowhere:1',
    'https://agents',
    'http://[::1]:8',
  ]) {
    expect(await agentAddresses(url, resolve)).toEqual([url]);
  }
});

test('what is no http address is named', async () => {
  for (const url of ['agent:8090', 'http://', 'ws://10.0.0.1']) {
    await expect(agentAddresses(url, resolve)).rejects.toMatchObject({
      code: 'AGENT_UNAVAILABLE',
      message: expect.stringContaining(`"${url.replace(/\/+$/, '')}"`),
    });
  }
});
