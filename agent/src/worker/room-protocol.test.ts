import { RpcError } from '@livekit/rtc-node';
import type { RpcInvocationData } from '@livekit/rtc-node';
import { describe, expect, it } from 'vitest';
import { MAX_RPC_PAYLOAD_BYTES, RPC, RPC_APPLICATION_ERROR } from '../api/contract.ts';
import { AvatarError } from '../errors.ts';
import { registerRoomProtocol } from './room-protocol.ts';

type Handler = (invocation: RpcInvocationData) => Promise<string>;

function makeProtocol(select?: (id: string) => Promise<never>) {
  const handlers = new Map<string, Handler>();
  const calls: unknown[] = [];
  registerRoomProtocol(
    { registerRpcMethod: (method, handler) => handlers.set(method, handler) },
    'driver',
    {
      list: () => Promise.resolve([]),
      select:
        select ??
        ((id) => {
          calls.push(['select', id]);
          return Promise.resolve({ id, name: 'A', clips: [], switchMs: 1 });
        }),
      playClip: (name) => {
        calls.push(['playClip', name]);
        return Promise.resolve({ durationMs: 5 });
      },
      interrupt: () => {
        calls.push(['interrupt']);
        return Promise.resolve({});
      },
    },
    () => undefined,
  );
  const call = (method: string, payload: string, callerIdentity = 'driver') =>
    handlers.get(method)!({ requestId: '1', callerIdentity, payload, responseTimeout: 1000 });
  return { call, calls };
}

async function rpcErrorOf(call: Promise<string>): Promise<RpcError> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RpcError);
  return error as RpcError;
}
const codeOf = (error: RpcError) => (JSON.parse(error.data!) as { code: string }).code;

describe('room protocol', () => {
  it('answers JSON and passes checked input on', async () => {
    const { call, calls } = makeProtocol();
    expect(await call(RPC.list, '{}')).toBe('[]');
    expect(await call(RPC.list, '')).toBe('[]');
    expect(JSON.parse(await call(RPC.select, '{"id":"ava"}'))).toMatchObject({ id: 'ava' });
    expect(await call(RPC.playClip, '{"name":"hello"}')).toBe('{"durationMs":5}');
    expect(await call(RPC.interrupt, '{}')).toBe('{}');
    expect(calls).toEqual([['select', 'ava'], ['playClip', 'hello'], ['interrupt']]);
  });

  it.each([
    [RPC.select, 'not json'],
    [RPC.select, '{}'],
    [RPC.select, '{"id":"../etc/passwd"}'],
    [RPC.select, '{"id":"ava","extra":1}'],
    [RPC.select, '[]'],
    [RPC.select, 'null'],
    [RPC.playClip, '{"name":""}'],
    [RPC.playClip, '{"name":7}'],
    [RPC.interrupt, '{"now":true}'],
  ])('refuses %s with %s', async (method, payload) => {
    const { call, calls } = makeProtocol();
    const error = await rpcErrorOf(call(method, payload));
    expect(error.code).toBe(RPC_APPLICATION_ERROR);
    expect(codeOf(error)).toBe('REQUEST_INVALID');
    expect(error.message).toContain(method);
    expect(calls).toEqual([]);
  });

  it('refuses a payload over the limit before parsing it', async () => {
    const payload = JSON.stringify({ id: 'ä'.repeat(MAX_RPC_PAYLOAD_BYTES / 2) });
    const error = await rpcErrorOf(makeProtocol().call(RPC.select, payload));
    expect(codeOf(error)).toBe('REQUEST_INVALID');
    expect(error.message).toContain(`${MAX_RPC_PAYLOAD_BYTES}`);
  });

  it('refuses callers who do not drive the avatar', async () => {
    const { call, calls } = makeProtocol();
    const error = await rpcErrorOf(call(RPC.interrupt, '{}', 'someone'));
    expect(codeOf(error)).toBe('UNAUTHORIZED');
    expect(calls).toEqual([]);
  });

  it('passes error codes of the session on, and hides the text of bugs', async () => {
    const known = makeProtocol(() =>
      Promise.reject(new AvatarError('AVATAR_NOT_FOUND', 'no avatar "x"')),
    );
    expect(codeOf(await rpcErrorOf(known.call(RPC.select, '{"id":"x"}')))).toBe('AVATAR_NOT_FOUND');
    const bug = makeProtocol(() => Promise.reject(new TypeError('secret path /home')));
    const error = await rpcErrorOf(bug.call(RPC.select, '{"id":"x"}'));
    expect(codeOf(error)).toBe('INTERNAL');
    expect(error.message + error.data!).not.toContain('secret');
  });
});
