'use client';
import { useEffect, useId, useRef } from 'react';
import styles from './recording-dialog.module.css';

/**
 * The question whether to record. Both answers look the same and are one click or key away; Escape says no. Nothing has
 * the focus at first, so that a key meant for something else answers nothing.
 */
export function RecordingDialog({
  title,
  yes,
  no,
  onYes,
  onNo,
}: {
  title: string;
  yes: string;
  no: string;
  onYes: () => void;
  onNo: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const element = dialog.current;
    // Over everything, in full screen too; the rest of the page waits.
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      data-testid="recording-dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      onCancel={(event) => {
        event.preventDefault();
        onNo();
      }}
      // The call's single-letter keys mean nothing here.
      onKeyDown={(event) => {
        if (event.key.length === 1 && event.key !== ' ') event.stopPropagation();
      }}
    >
      <h2 id={`${id}-title`} tabIndex={-1} autoFocus>
        {title}
      </h2>
      <div id={`${id}-text`}>
        <p>It starts only when everyone in this room has agreed.</p>
        <ul>
          <li>Recorded are the avatars, with the voices that speak through them.</li>
          <li>Everyone sees a red mark while it runs, and anyone can stop it at any time.</li>
          <li>When someone joins, it pauses until they agree.</li>
          <li>The file stays on this server, with whoever runs it.</li>
        </ul>
      </div>
      <div className={styles.answers}>
        <button type="button" data-testid="recording-no" onClick={onNo}>
          {no}
        </button>
        <button type="button" data-testid="recording-yes" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
