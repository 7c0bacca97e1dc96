/** Configuration with calibration avatars: the face turns white while the audio is loud, else black. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ROOT } from './processes.ts';

/** Two square avatars, one that cannot be prepared, and `more` as further YAML. */
export const probeConfig = (service: string, more = '') => `
service: {agent_name: probe, ${service}}
probe_a:
  video_path: avatars/ava/source.png
  model: probe
  name: Probe A
  audio_clips: {hello: avatars/ava/clips/hello.wav}
probe_b: {video_path: avatars/leo/source.png, model: probe, name: Probe B}
broken: {video_path: no/such/video.mp4, model: probe}
${more}`;

/** A calibration avatar of 384×512 px, as YAML. */
export async function narrowAvatar(): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), 'avatar-narrow-')), 'narrow.png');
  const area = { left: 64, top: 0, width: 384, height: 512 };
  await sharp(join(ROOT, 'avatars/ava/source.png')).extract(area).toFile(path);
  return `narrow: {video_path: ${path}, model: probe}`;
}
