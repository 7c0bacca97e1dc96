/** Sentences about the people in a room. Pure. */

/** Who is in the room one was invited to. */
export function peopleInWords(names: readonly string[]): string {
  const [first = ''] = names;
  if (names.length === 0) return 'Nobody is in the room right now; it closes in a moment.';
  if (names.length === 1) return `${capital(first)} is in the room.`;
  return `${capital(names.slice(0, -1).join(', '))} and ${names.at(-1) ?? ''} are in the room.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
