'use client';
import { useEffect, useRef, useState } from 'react';
import styles from './invite-dialog.module.css';

/** What became of handing out the link. `select`: this browser lets no script copy, so the text is selected. */
type Outcome = 'copied' | 'select' | null;

/** Phones have a sheet to share with; elsewhere the clipboard is what people expect. */
const isPhone = (): boolean => 'share' in navigator && matchMedia('(pointer: coarse)').matches;

/** A link to this room: copied (or shared, on phones) at once, and there to be selected by hand. */
export function InviteDialog({
  link,
  maxPeople,
  onClose,
}: {
  link: string;
  maxPeople: number;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [outcome, setOutcome] = useState<Outcome>(null);
  const [canShare, setCanShare] = useState(false);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(link);
      setOutcome('copied');
    } catch {
      // No clipboard on http:// addresses, or the click is too long ago.
      field.current?.select();
      setOutcome('select');
    }
  };
  const share = async (): Promise<void> => {
    try {
      await navigator.share({ title: 'Avatar room', url: link });
    } catch (thrown) {
      const isChange = thrown instanceof DOMException && thrown.name === 'AbortError';
      if (!isChange) await copy();
    }
  };
  useEffect(() => {
    dialog.current?.showModal();
    setCanShare('share' in navigator);
    void (isPhone() ? share() : copy());
    // Once, when it opens.
  }, []);

  return (
    <dialog
      ref={dialog}
      className={styles.dialog}
      aria-labelledby="invite-title"
      data-testid="invite-dialog"
      onClose={onClose}
      onClick={(event) => {
        // The backdrop belongs to the dialog element; everything inside is below the form.
        if (event.target === dialog.current) dialog.current.close();
      }}
    >
      <form method="dialog" className={styles.form}>
        <h2 id="invite-title">Invite to this room</h2>
        <p>
          Whoever opens this link within a day joins with an avatar of their own, as long as
          somebody is here. The room holds {maxPeople} people.
        </p>
        <input
          ref={field}
          className={styles.link}
          data-testid="invite-link"
          aria-label="Link to this room"
          value={link}
          readOnly
          onFocus={(event) => event.target.select()}
        />
        <p className={styles.outcome} role="status" data-outcome={outcome ?? 'none'}>
          {outcome === 'copied' && 'Copied. Paste it into a message.'}
          {outcome === 'select' && 'Copy the selected link by hand.'}
        </p>
        <div className={styles.actions}>
          {canShare && (
            <button type="button" onClick={() => void share()}>
              Share…
            </button>
          )}
          <button type="button" data-testid="invite-copy" onClick={() => void copy()}>
            Copy
          </button>
          <button type="submit" className={styles.done} data-testid="invite-done" autoFocus>
            Done
          </button>
        </div>
      </form>
    </dialog>
  );
}
