'use client';
import type { AvatarSummary } from '@live-avatar/agent/contract';
import { useEffect, useRef, useState, type CSSProperties, type ReactNode, type Ref } from 'react';
import type { Person } from '../hooks/use-people.ts';
import styles from './people-grid.module.css';
import { gridShape } from './people-layout.ts';
import { PersonTile } from './people-tile.tsx';

/** One's own avatar (the first child) and those of the others, side by side. Alone it has the whole window. */
export function PeopleGrid({
  ref,
  people,
  avatars,
  children,
}: {
  ref: Ref<HTMLDivElement>;
  /** The others. */
  people: readonly Person[];
  avatars: readonly AvatarSummary[];
  /** The own avatar's stage, then whatever stands over the whole grid. */
  children: ReactNode;
}) {
  const { landscape, portrait } = gridShape(1 + people.length);
  const columns = { '--landscape': landscape, '--portrait': portrait } as CSSProperties;
  return (
    <div ref={ref} className={styles.grid} style={columns} data-people={1 + people.length}>
      {children}
      {people.map((person) => (
        <PersonTile key={person.identity} person={person} avatars={avatars} />
      ))}
      <p className="visually-hidden" role="status" data-testid="people-news">
        {useComingAndGoing(people)}
      </p>
    </div>
  );
}

/** A sentence for screen readers whenever somebody comes or leaves. */
function useComingAndGoing(people: readonly Person[]): string {
  const before = useRef(people.length);
  const [news, setNews] = useState('');
  const count = people.length;
  useEffect(() => {
    if (count === before.current) return;
    const event = count > before.current ? 'Somebody joined.' : 'Somebody left.';
    before.current = count;
    setNews(
      `${event} ${count === 0 ? 'You are alone in the room.' : `${count + 1} people are here.`}`,
    );
  }, [count]);
  return news;
}
