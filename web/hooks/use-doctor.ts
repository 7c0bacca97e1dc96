'use client';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { DoctorRun, NOT_STARTED, type DoctorState } from './doctor-run.ts';

/** The self-test, started once the page is there. */
export function useDoctor(): { state: DoctorState; again: () => void } {
  const [run] = useState(() => new DoctorRun());
  const state = useSyncExternalStore(run.subscribe, run.getState, () => NOT_STARTED);
  useEffect(() => {
    void run.start();
    return () => run.stop();
  }, [run]);
  return { state, again: () => void run.start() };
}
