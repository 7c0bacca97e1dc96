'use client';
import { useState } from 'react';
import { doctorReport } from '../hooks/doctor-report.ts';
import type { Findings } from '../hooks/doctor-types.ts';
import styles from './doctor-report.module.css';

/** The report for whoever runs the service: shown, so that a person sees what they send, and copied by a button. */
export function DoctorReport({
  findings,
  browser,
  ready,
}: {
  findings: Findings;
  browser: string;
  ready: boolean;
}) {
  const [withAddresses, setWithAddresses] = useState(false);
  const [copied, setCopied] = useState<'copied' | 'by-hand' | null>(null);
  const text = ready
    ? doctorReport(findings, {
        when: new Date(),
        browser,
        origin: location.origin,
        withAddresses,
      })
    : '';
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied('copied');
    } catch {
      // No clipboard without https: the text below can be selected.
      setCopied('by-hand');
    }
  };
  return (
    <section className={styles.report} aria-labelledby="report-title">
      <h2 id="report-title">Still not working?</h2>
      <p>Send this report to whoever runs the service. It holds no names, passwords or tokens.</p>
      <div className={styles.actions}>
        <button type="button" onClick={() => void copy()} disabled={!ready} data-testid="copy">
          Copy the report
        </button>
        <label>
          <input
            type="checkbox"
            checked={withAddresses}
            onChange={(event) => setWithAddresses(event.target.checked)}
            data-testid="with-addresses"
          />
          with IP addresses
        </label>
        <span role="status">
          {copied === 'copied' && 'Copied.'}
          {copied === 'by-hand' && 'Select the text below and copy it.'}
        </span>
      </div>
      {ready && (
        <details open={copied === 'by-hand'}>
          <summary>Show the report</summary>
          <pre tabIndex={0} aria-label="Report" data-testid="report">
            {text}
          </pre>
        </details>
      )}
    </section>
  );
}
