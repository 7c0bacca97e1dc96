import { RpcError } from '@livekit/rtc-node';
import type { RpcInvocationData } from '@livekit/rtc-node';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FUZZ_TIMEOUT_MS, fuzzing } from '../../test/fuzz/fuzz.ts';
import { avatarIdSchema, RPC } from '../api/contract.ts';
import { AvatarError, ERRORS } from '../errors.ts';
import { registerRoomProtocol } from './room-protocol.ts';

type Handler = (invocation: RpcInvocationData) => Promise<string>;

/** The protocol with actions that check what reaches them. */
function protocol(): { methods: Map<string, Handler>; codes: string[] } {
  const methods = new Map<string, Handler>();
  const codes: string[] = [];
  registerRoomProtocol(
    { registerRpcMethod: (method, handler) => void methods.set(method, handler) },
    'driver',
    {
      list: () => Promise.resolve([]),
      select: (id) => {
        expect(avatarIdSchema.safeParse(id).success).toBe(true);
        return Promise.reject(new AvatarError('AVATAR_NOT_FOUND', `no avatar "${id}"`));
      },
      playClip: (name) => {
        expect(name.length).toBeGreaterThan(0);
        expect(name.length).toBeLessThanOrEqual(128);
        return Promise.reject(new AvatarError('CLIP_NOT_FOUND', `no clip "${name}"`));
      },
      interrupt: () => Promise.resolve({}),
    },
    (_method, { code }) => void codes.push(code),
  );
  return { methods, codes };
}

const payload = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.json({ maxDepth: 3 }),
  fc
    .record(
      {
        id: fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.jsonValue({ maxDepth: 2 })),
        name: fc.oneof(
          fc.string({ unit: 'binary', maxLength: 140 }),
          fc.jsonValue({ maxDepth: 2 }),
        ),
        __proto__: fc.jsonValue({ maxDepth: 1 }),
      },
      { requiredKeys: [] },
    )
    .map((value) => JSON.stringify(value)),
  fc.nat(6000).map((count) => '['.repeat(count)),
  fc.nat(6000).map((count) => `{"id":"${'é'.repeat(count)}"}`),
);

it(
  'any payload from anybody is answered with JSON or refused with a code of the table',
  async () => {
    const { methods, codes } = protocol();
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(RPC)),
        fc.constantFrom('driver', 'driver ', '', 'somebody'),
        payload,
        async (method, callerIdentity, text) => {
          const handler = methods.get(method)!;
          const call = { requestId: 'r', callerIdentity, payload: text, responseTimeout: 1000 };
          try {
            JSON.parse(await handler(call));
            expect(callerIdentity).toBe('driver');
          } catch (error) {
            expect(error).toBeInstanceOf(RpcError);
            const { code, message } = JSON.parse((error as RpcError).data ?? '') as {
              code: string;
              message: string;
            };
            expect(Object.keys(ERRORS)).toContain(code);
            expect(code).not.toBe('INTERNAL');
            expect(Buffer.byteLength((error as RpcError).data ?? '')).toBeLessThan(15_000);
            expect(message.length).toBeGreaterThan(0);
            if (callerIdentity !== 'driver') expect(code).toBe('UNAUTHORIZED');
          }
        },
      ),
      fuzzing(3000),
    );
    expect(codes.length).toBeGreaterThan(0);
  },
  FUZZ_TIMEOUT_MS,
);
