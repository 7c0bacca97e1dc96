'use client';
import { useState, type SubmitEvent } from 'react';
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
  const [passcode, setPasscode] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await enterPasscode(passcode);
      location.reload();
    } catch (thrown) {
      setBusy(false);
      setPasscode('');
      setProblem(thrown instanceof PageApiError ? thrown.problem.cure : String(thrown));
    }
  };
  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)}>
      <label htmlFor="passcode">Whoever runs this service has given you one.</label>
      <input
        id="passcode"
        data-testid="passcode"
        type="password"
        autoComplete="current-password"
        maxLength={256}
        required
        autoFocus
        value={passcode}
        aria-invalid={problem !== null}
        aria-describedby="passcode-problem"
        onChange={(event) => setPasscode(event.target.value)}
      />
      <button type="submit" data-testid="passcode-submit" disabled={busy || passcode === ''}>
        {busy ? 'Opening…' : 'Come in'}
      </button>
      <p id="passcode-problem" className={styles.problem} role="alert">
        {problem}
      </p>
    </form>
  );
}
