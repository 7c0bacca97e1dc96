/** The avatar's RPC methods: parsing, limits, authorisation and errors. What they do is the session's business. */
import { RpcError } from '@livekit/rtc-node';
import type { RpcInvocationData } from '@livekit/rtc-node';
import type { z } from 'zod';
import {
  MAX_RPC_PAYLOAD_BYTES,
  RPC,
  RPC_APPLICATION_ERROR,
  rpcEmptySchema,
  rpcPlayClipSchema,
  rpcSelectSchema,
} from '../api/contract.ts';
import type { AvatarSummary } from '../api/contract.ts';
import { AvatarError, toAvatarError } from '../errors.ts';

/** What the methods do. Each may throw AvatarError. */
export type RoomProtocolActions = {
  list(): Promise<AvatarSummary[]>;
  select(id: string): Promise<{ id: string; name: string; clips: string[]; switchMs: number }>;
  playClip(name: string): Promise<{ durationMs: number }>;
  interrupt(): Promise<Record<string, never>>;
};

/** The part of LiveKit's LocalParticipant that is needed. */
export type RpcRegistry = {
  registerRpcMethod(
    method: string,
    handler: (invocation: RpcInvocationData) => Promise<string>,
  ): void;
};

/** Register every method. Calls from anyone but `driverIdentity` are refused with UNAUTHORIZED. */
export function registerRoomProtocol(
  registry: RpcRegistry,
  driverIdentity: string,
  actions: RoomProtocolActions,
  onError: (method: string, error: AvatarError) => void,
): void {
  const register = <T>(method: string, schema: z.ZodType<T>, act: (input: T) => Promise<unknown>) =>
    registry.registerRpcMethod(method, async ({ callerIdentity, payload }) => {
      try {
        if (callerIdentity !== driverIdentity) {
          throw new AvatarError(
            'UNAUTHORIZED',
            `${method}: only the participant who drives this avatar may call it`,
          );
        }
        return JSON.stringify(await act(parsePayload(method, schema, payload)));
      } catch (thrown) {
        const error = toAvatarError(thrown);
        onError(method, error);
        throw toRpcError(error);
      }
    });
  register(RPC.list, rpcEmptySchema, () => actions.list());
  register(RPC.select, rpcSelectSchema, ({ id }) => actions.select(id));
  register(RPC.playClip, rpcPlayClipSchema, ({ name }) => actions.playClip(name));
  register(RPC.interrupt, rpcEmptySchema, () => actions.interrupt());
}

/** Parse a payload; empty means `{}`. @throws AvatarError REQUEST_INVALID */
export function parsePayload<T>(method: string, schema: z.ZodType<T>, payload: string): T {
  const bytes = Buffer.byteLength(payload);
  if (bytes > MAX_RPC_PAYLOAD_BYTES) {
    throw new AvatarError(
      'REQUEST_INVALID',
      `${method}: the payload has ${bytes} bytes, at most ${MAX_RPC_PAYLOAD_BYTES} are allowed`,
    );
  }
  let value: unknown;
  try {
    value = payload === '' ? {} : JSON.parse(payload);
  } catch (cause) {
    throw new AvatarError('REQUEST_INVALID', `${method}: the payload is not JSON`, { cause });
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''}${issue.message}`,
  );
  throw new AvatarError('REQUEST_INVALID', `${method}: ${problems.join('; ')}`);
}

/** LiveKit cuts messages at 256 bytes; the full text travels in `data`. Bugs show no internals. */
function toRpcError(error: AvatarError): RpcError {
  const message = error.code === 'INTERNAL' ? 'internal error' : error.message;
  return new RpcError(
    RPC_APPLICATION_ERROR,
    message,
    JSON.stringify({ code: error.code, message }),
  );
}
