import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="plain-page">
      <h1>There is nothing here</h1>
      <p>This address does not belong to the avatar room.</p>
      <Link href="/">Go to the avatars</Link>
    </main>
  );
}
