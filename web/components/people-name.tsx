'use client';
import type { ReactNode } from 'react';
import styles from './people-name.module.css';

/** Who an avatar stands for, at the foot of the picture; the dot tells whether they speak. */
export function PersonName({ state, children }: { state: string; children: ReactNode }) {
  return (
    <span className={styles.name} data-testid="person-name" data-state={state}>
      <i className={styles.dot} />
      {children}
    </span>
  );
}
