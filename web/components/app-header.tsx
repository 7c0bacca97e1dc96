'use client';
import { useState, type ReactNode } from 'react';
import styles from './app-header.module.css';
import { MoonIcon, SunIcon, SystemIcon } from './icons.tsx';
import { THEME_COOKIE, nextTheme, type Theme } from './theme.ts';

const YEAR_S = 31_536_000;
const ICONS = { system: SystemIcon, light: SunIcon, dark: MoonIcon };

/** Name of the page, and the colour theme. */
export function AppHeader({ theme: initial, children }: { theme: Theme; children?: ReactNode }) {
  const [theme, setTheme] = useState(initial);
  const Icon = ICONS[theme];
  const toggle = (): void => {
    const next = nextTheme(theme);
    document.cookie = `${THEME_COOKIE}=${next}; path=/; max-age=${YEAR_S}; samesite=strict`;
    document.documentElement.dataset['theme'] = next;
    setTheme(next);
  };
  return (
    <header className={styles.header}>
      <svg className={styles.mark} viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="10" />
        <circle cx="16" cy="12.5" r="5.2" />
        <path d="M5.8 26.6c1.6-5 5.4-7.2 10.2-7.2s8.6 2.2 10.2 7.2" />
      </svg>
      <b>Avatar room</b>
      {children}
      <button
        type="button"
        className={styles.theme}
        onClick={toggle}
        data-testid="theme"
        aria-label={`Colours: ${theme}. Change to ${nextTheme(theme)}.`}
        title={`Colours: ${theme}`}
      >
        <Icon size={19} />
      </button>
    </header>
  );
}
