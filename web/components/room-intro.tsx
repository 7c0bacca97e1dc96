'use client';
import type { AvatarSummary, InvitedRoom } from '@live-avatar/agent/contract';
import { peopleInWords } from './people-words.ts';
import styles from './room-intro.module.css';

/** What this page is about: a room of one's own, or the one that one was invited to and who is in it. */
export function RoomIntro({
  invited,
  avatars,
}: {
  /** undefined: a room of one's own. */
  invited: InvitedRoom | undefined;
  avatars: readonly AvatarSummary[];
}) {
  if (invited === undefined) {
    return (
      <section className={styles.intro} aria-labelledby="title">
        <h1 id="title">Who speaks for you?</h1>
        <p>Pick an avatar, check your microphone, join. Your voice moves its lips as you speak.</p>
      </section>
    );
  }
  const nameOf = (id: string | undefined): string | undefined =>
    avatars.find((avatar) => avatar.id === id)?.name;
  const people = invited.people.map(({ name, avatar }) => name ?? nameOf(avatar) ?? 'somebody');
  const isFull = people.length >= invited.max_people;
  return (
    <section className={styles.intro} aria-labelledby="title" data-testid="invited">
      <h1 id="title">You are invited. Who speaks for you?</h1>
      <p>
        {peopleInWords(people)}{' '}
        {isFull
          ? 'It is full; you can join when somebody leaves.'
          : 'Pick an avatar and join: they see and hear your avatar, no camera anywhere.'}
      </p>
    </section>
  );
}
