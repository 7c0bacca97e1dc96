'use client';
import styles from './clip-row.module.css';
import { PlayIcon } from './icons.tsx';

/** Sample clips of the shown avatar. */
export function ClipRow({
  clips,
  busy,
  disabled,
  onPlay,
}: {
  clips: readonly string[];
  busy: string | null;
  disabled: boolean;
  onPlay: (name: string) => void;
}) {
  if (clips.length === 0) return null;
  return (
    <div className={styles.row} role="group" aria-label="Play a sample">
      {clips.map((name) => (
        <button
          key={name}
          type="button"
          data-testid={`clip-${name}`}
          data-busy={busy === name}
          disabled={disabled}
          onClick={() => onPlay(name)}
          title={`Play the sample “${clipTitle(name)}”`}
        >
          <PlayIcon size={17} />
          {clipTitle(name)}
        </button>
      ))}
    </div>
  );
}

/** `greeting_de.wav` → `Greeting de`. */
function clipTitle(name: string): string {
  const words = name.replace(/\.[a-z0-9]{2,4}$/i, '').replace(/[_-]+/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
