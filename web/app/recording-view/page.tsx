import { RecordingScene } from '../../components/recording-scene.tsx';

export const dynamic = 'force-dynamic';

/** What LiveKit's recorder opens in its own browser and films. Shows nothing without a recorder's token. */
export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { url, token } = await searchParams;
  if (typeof url !== 'string' || typeof token !== 'string') return null;
  return <RecordingScene url={url} token={token} />;
}
