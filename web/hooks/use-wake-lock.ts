'use client';
import { useEffect } from 'react';

/** Keep the screen on while `active`; phones would dim it during a conversation. Fails silently where unsupported. */
export function useWakeLock(active: boolean): void {
  useEffect(() => {
    if (!active || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | undefined;
    let over = false;
    const acquire = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      // Refused on a low battery: the screen then dims as usual.
      lock = await navigator.wakeLock.request('screen').catch(() => undefined);
      if (over) await lock?.release();
    };
    // The browser releases the lock when the page is hidden.
    const reacquire = (): void => void acquire();
    void acquire();
    document.addEventListener('visibilitychange', reacquire);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', reacquire);
      void lock?.release();
    };
  }, [active]);
}
