'use client';
import Link from 'next/link';
import { findingsOf, summaryOf } from '../hooks/doctor-findings.ts';
import { CHECK_IDS } from '../hooks/doctor-types.ts';
import { useDoctor } from '../hooks/use-doctor.ts';
import { useMicrophone } from '../hooks/use-microphone.ts';
import { useSoundCheck } from '../hooks/use-sound-check.ts';
import { AppHeader } from './app-header.tsx';
import { DoctorLine } from './doctor-line.tsx';
import { DoctorMicrophone } from './doctor-microphone.tsx';
import { DoctorReport } from './doctor-report.tsx';
import styles from './doctor.module.css';
import type { Theme } from './theme.ts';

/** The self-test: everything between this browser and an avatar, line by line, and what to do where it breaks. */
export function Doctor({ theme }: { theme: Theme }) {
  const { state, again } = useDoctor();
  const microphone = useMicrophone();
  const sound = useSoundCheck(microphone.track);
  const findings = findingsOf(state, { ...microphone, sound });
  const summary = summaryOf(findings, state.over);
  return (
    <div className={styles.page}>
      <AppHeader theme={theme} />
      <main className={styles.main}>
        <header className={styles.intro}>
          <Link href="/" className={styles.back}>
            ← To the avatars
          </Link>
          <h1>Connection check</h1>
        </header>
        <section
          className={styles.summary}
          data-kind={summary.kind}
          data-testid="summary"
          aria-label="Result"
        >
          <div role="status">
            <strong>{summary.text}</strong>
            <p>{summary.hint}</p>
          </div>
          <button type="button" onClick={again} disabled={!state.over} data-testid="again">
            Check again
          </button>
        </section>
        <ol className={styles.list} aria-label="Checks" aria-busy={!state.over}>
          {CHECK_IDS.map((id) => (
            <DoctorLine key={id} id={id} finding={findings[id]}>
              {id === 'microphone' && <DoctorMicrophone microphone={microphone} />}
            </DoctorLine>
          ))}
        </ol>
        <DoctorReport
          findings={findings}
          browser={state.measured.browser?.name ?? ''}
          ready={state.over}
        />
      </main>
    </div>
  );
}
