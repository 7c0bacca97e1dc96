/** Colour theme: follows the system unless chosen. */

/** Name of the cookie that keeps the choice. */
export const THEME_COOKIE = 'avatar-theme';

export type Theme = 'system' | 'light' | 'dark';

/** A stored value as a theme; anything unknown follows the system. */
export function parseTheme(value: string | undefined): Theme {
  return value === 'light' || value === 'dark' ? value : 'system';
}

/** Order of the toggle. */
export function nextTheme(theme: Theme): Theme {
  return theme === 'system' ? 'light' : theme === 'light' ? 'dark' : 'system';
}
