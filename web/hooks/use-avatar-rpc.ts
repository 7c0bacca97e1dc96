'use client';
import { RPC } from '@live-avatar/agent/contract';
import { RpcError, type RemoteParticipant, type Room } from 'livekit-client';
import { useCallback, useState } from 'react';
import { z } from 'zod';
import { pageProblem, serviceProblem, type Problem } from './problems.ts';

/** An avatar that has not answered by then is stuck, ms. Switching takes well under a second. */
const RESPONSE_TIMEOUT_MS = 6000;

const errorDataSchema = z.object({ code: z.string(), message: z.string() });

/** What a person can ask of the avatar. Each resolves to whether it was done. */
export type AvatarRpc = {
  readonly select: (id: string) => Promise<boolean>;
  readonly playClip: (name: string) => Promise<boolean>;
  readonly interrupt: () => Promise<boolean>;
  /** Id or name that is being worked on. */
  readonly busy: string | null;
};

/** Calls methods of the avatar participant; failures go to `onProblem`. */
export function useAvatarRpc(
  room: Room,
  avatar: RemoteParticipant | null,
  onProblem: (problem: Problem | null) => void,
): AvatarRpc {
  const [busy, setBusy] = useState<string | null>(null);
  const identity = avatar?.identity;
  const call = useCallback(
    async (method: string, payload: unknown, subject: string): Promise<boolean> => {
      if (identity === undefined) return false;
      setBusy(subject);
      try {
        await room.localParticipant.performRpc({
          destinationIdentity: identity,
          method,
          payload: JSON.stringify(payload),
          responseTimeout: RESPONSE_TIMEOUT_MS,
        });
        onProblem(null);
        return true;
      } catch (thrown) {
        onProblem(rpcProblem(thrown));
        return false;
      } finally {
        setBusy(null);
      }
    },
    [room, identity, onProblem],
  );
  const select = useCallback((id: string) => call(RPC.select, { id }, id), [call]);
  const playClip = useCallback((name: string) => call(RPC.playClip, { name }, name), [call]);
  const interrupt = useCallback(() => call(RPC.interrupt, {}, 'interrupt'), [call]);
  return { select, playClip, interrupt, busy };
}

/** The avatar's own error when it sent one, else "does not answer". */
function rpcProblem(thrown: unknown): Problem {
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof RpcError && thrown.data !== undefined) {
    try {
      const { code, message } = errorDataSchema.parse(JSON.parse(thrown.data));
      return serviceProblem(code, message, 'dismiss');
    } catch {
      // Not one of our errors: fall through to the general one.
    }
  }
  return pageProblem('AVATAR_SILENT', detail);
}
