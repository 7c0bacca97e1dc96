'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { useCallback, useEffect, useState } from 'react';
import { PageApiError, listAvatars } from './page-api.ts';
import type { Problem } from './problems.ts';

/** While something is on its way (preparation, a service that is away), ms. */
const SOON_MS = 2000;
const SETTLED_MS = 15_000;

/** The avatars, asked for again and again; the last list stays when the service goes away. */
export function useAvatars(): {
  /** null until the first answer. */
  avatars: readonly AvatarSummary[] | null;
  problem: Problem | null;
  refresh: () => void;
} {
  const [avatars, setAvatars] = useState<readonly AvatarSummary[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [round, setRound] = useState(0);

  useEffect(() => {
    const life = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const poll = async (): Promise<void> => {
      let waitMs = SOON_MS;
      try {
        const list = await listAvatars(life.signal);
        setAvatars(list);
        setProblem(null);
        if (list.length > 0 && list.every(({ status }) => status !== 'preparing')) {
          waitMs = SETTLED_MS;
        }
      } catch (thrown) {
        if (life.signal.aborted) return;
        if (thrown instanceof PageApiError) setProblem(thrown.problem);
      }
      timer = setTimeout(() => void poll(), waitMs);
    };
    void poll();
    return () => {
      life.abort();
      clearTimeout(timer);
    };
  }, [round]);

  const refresh = useCallback(() => setRound((count) => count + 1), []);
  return { avatars, problem, refresh };
}
