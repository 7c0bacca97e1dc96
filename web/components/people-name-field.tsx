'use client';
import styles from './people-name-field.module.css';

/** Longest name that is taken, letters. */
const MAX_LENGTH = 40;

/** The name others see; left empty, they see the avatar's. */
export function PersonNameField({
  name,
  onName,
}: {
  name: string;
  onName: (name: string) => void;
}) {
  return (
    <label className={styles.field}>
      <span>
        Your name <small>if you like; else the avatar’s</small>
      </span>
      <input
        type="text"
        data-testid="person-name-field"
        autoComplete="nickname"
        maxLength={MAX_LENGTH}
        value={name}
        onChange={(event) => onName(event.target.value)}
      />
    </label>
  );
}
