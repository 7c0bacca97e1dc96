'use client';
import type { ReactNode } from 'react';
import styles from './control-bar.module.css';

/** One round button of the control bar with its name below; `keys` is its single-letter shortcut. */
export function Control({
  label,
  testId,
  keys,
  pressed,
  tone = 'plain',
  disabled = false,
  title,
  onClick,
  children,
}: {
  label: string;
  testId: string;
  keys?: string;
  pressed?: boolean;
  tone?: 'plain' | 'on' | 'warn' | 'end';
  disabled?: boolean;
  title?: string;
  onClick: () => void;
  children: ReactNode;
}) {
  const hint = keys === undefined ? (title ?? label) : `${title ?? label} (${keys.toUpperCase()})`;
  return (
    <button
      type="button"
      className={styles.control}
      data-testid={testId}
      data-tone={tone}
      aria-pressed={pressed}
      aria-keyshortcuts={keys}
      disabled={disabled}
      title={hint}
      onClick={onClick}
    >
      <span className={styles.round}>{children}</span>
      {label}
    </button>
  );
}
