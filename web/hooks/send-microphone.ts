/** Puts a microphone on its way to the avatar. */
import { AudioPresets, Track, type Room } from 'livekit-client';

/**
 * Send `track` as this person's microphone. One that is sent already is replaced, muted or not as it was; without one,
 * `mayPublish` decides (a publication that is still under way must not be doubled).
 */
export async function sendMicrophone(
  room: Room,
  track: MediaStreamTrack,
  mayPublish: boolean,
): Promise<void> {
  const published = room.localParticipant.getTrackPublication(Track.Source.Microphone);
  if (published?.audioTrack !== undefined) {
    track.enabled = !published.isMuted;
    await published.audioTrack.replaceTrack(track, true);
    return;
  }
  if (!mayPublish) return;
  track.enabled = true;
  await room.localParticipant.publishTrack(track, {
    source: Track.Source.Microphone,
    audioPreset: AudioPresets.music,
    // Pauses must reach the avatar as they are: comfort noise would delay the next word.
    dtx: false,
  });
}
