'use client';

/** Shown when the page itself breaks: a bug, never a network failure. */
export default function PageError({ reset }: { error: Error; reset: () => void }) {
  return (
    <main className="plain-page" role="alert">
      <h1>The page stopped working</h1>
      <p>Nothing you said was kept. Try again; if it stays like this, reload the page.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  );
}
