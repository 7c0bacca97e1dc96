'use client';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { PageApiError, enterPasscode } from '../hooks/page-api.ts';
import styles from './access-notice.module.css';
import { AppHeader } from './app-header.tsx';
import { TextWithCode } from './text-with-code.tsx';
import type { Theme } from './theme.ts';

/** The closed door: a passcode field, or the reason why this visitor finds none. */
export function AccessNotice({
  theme,
  reason,
}: {
  theme: Theme;
  /** null: a passcode opens the door. */
  reason: string | null;
}) {
  return (
    <div className={styles.page}>
      <AppHeader theme={theme} />
      <main className={styles.door} data-testid="access">
        <h1>{reason === null ? 'Passcode' : 'Not open here'}</h1>
        {reason === null ? (
          <PasscodeForm />
        ) : (
          <p data-testid="access-reason">
            <TextWithCode text={reason} />
          </p>
        )}
      </main>
    </div>
  );
}

function PasscodeForm() {
  // The browser keeps what is typed: a state of ours would miss what came before the page was awake.
  const field = useRef<HTMLInputElement>(null);
  const [phase, setPhase] = useState<'asleep' | 'ready' | 'busy'>('asleep');
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => setPhase('ready'), []);

  const submit = async (event: SubmitEvent, input: HTMLInputElement): Promise<void> => {
    event.preventDefault();
    setPhase('busy');
    setProblem(null);
    try {
      await enterPasscode(input.value);
      location.reload();
    } catch (thrown) {
      setPhase('ready');
      input.value = '';
      setProblem(thrown instanceof PageApiError ? thrown.problem.cure : String(thrown));
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event, field.current!)}>
      <label htmlFor="passcode">Whoever runs this service has given you one.</label>
      <input
        ref={field}
        id="passcode"
        data-testid="passcode"
        type="password"
        autoComplete="current-password"
        maxLength={256}
        required
        autoFocus
        aria-invalid={problem !== null}
        aria-describedby="passcode-problem"
      />
      <button type="submit" data-testid="passcode-submit" disabled={phase !== 'ready'}>
        {phase === 'busy' ? 'Opening…' : 'Come in'}
      </button>
      <p id="passcode-problem" className={styles.problem} role="alert">
        {problem}
      </p>
    </form>
  );
}
