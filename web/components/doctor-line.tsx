import type { ReactNode } from 'react';
import { CHECKS, type CheckId, type CheckState, type Finding } from '../hooks/doctor-types.ts';
import styles from './doctor-line.module.css';
import { CheckIcon, CrossIcon, DashIcon, WarningIcon } from './icons.tsx';
import { TextWithCode } from './text-with-code.tsx';

const ICONS: Record<CheckState, ReactNode> = {
  waiting: <DashIcon size={16} />,
  running: <i className={styles.spinner} />,
  ok: <CheckIcon size={18} />,
  warning: <WarningIcon size={17} />,
  failed: <CrossIcon size={17} />,
  skipped: <DashIcon size={16} />,
};

/** For those who do not see the colour. */
const WORDS: Record<CheckState, string> = {
  waiting: 'Not tested yet',
  running: 'Testing',
  ok: 'OK',
  warning: 'Remark',
  failed: 'Failed',
  skipped: 'Skipped',
};

/** One check: what was found, what to do, and the measured facts folded away. */
export function DoctorLine({
  id,
  finding: { state, detail, cure, facts = [] },
  children,
}: {
  id: CheckId;
  finding: Finding;
  children?: ReactNode;
}) {
  return (
    <li className={styles.line} data-state={state} data-testid={`check-${id}`}>
      <span className={styles.icon}>
        {ICONS[state]}
        <span className="visually-hidden">{WORDS[state]}:</span>
      </span>
      <div className={styles.text}>
        <h2>{CHECKS[id]}</h2>
        {detail !== '' && (
          <p className={styles.detail}>
            <TextWithCode text={detail} />
          </p>
        )}
        {children}
        {cure !== undefined && (
          <p className={styles.cure}>
            <b>{cure.by === 'you' ? 'What to do' : 'For whoever runs the service'}</b>{' '}
            <TextWithCode text={cure.text} />
          </p>
        )}
        {facts.length > 0 && (
          <details className={styles.facts}>
            <summary>
              Measured<span className="visually-hidden">: {CHECKS[id]}</span>
            </summary>
            <ul>
              {facts.map((fact, index) => (
                <li key={index}>{fact}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </li>
  );
}
