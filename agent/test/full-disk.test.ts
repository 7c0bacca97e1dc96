/** A disk that is full while an avatar is prepared: a real file system of 64 KB below the folder of bundles. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestAgent } from './helpers/agent-process.ts';
import { TestLivekitServer } from './helpers/livekit-server.ts';

const disk = mkdtempSync(join(tmpdir(), 'avatar-full-disk-'));
// Needs the right to mount; without it the writer's own test with /dev/full has to do.
const isMounted =
  process.platform === 'linux' &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', disk]).status === 0;

const config = `
service: {agent_name: small}
ava:
  video_path: avatars/ava/source.png
  audio_clips: {hello: avatars/ava/clips/hello.wav, numbers: avatars/ava/clips/numbers.wav}
fresh: {video_path: avatars/ava/source.png, model: probe}
`;

let livekit: TestLivekitServer;
beforeAll(async () => {
  livekit = await TestLivekitServer.start();
});
afterAll(async () => {
  await livekit.stop();
  if (isMounted) execFileSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(!isMounted)('a disk that is full during preparation', () => {
  it('fails that avatar with the folder and the cure, leaves nothing half-made, and keeps the others', async () => {
    const agent = await TestAgent.start({ livekit, config, env: { AVATAR_CACHE_DIR: disk } });
    const avatars = await agent.avatars();
    await agent.stop();
    expect(avatars.map(({ id, status }) => [id, status])).toEqual([
      ['ava', 'ready'],
      ['fresh', 'failed'],
    ]);
    const reason = avatars[1]?.reason ?? '';
    expect(reason).toContain(disk);
    expect(reason).toContain('the disk is full; free some space');
    expect(readdirSync(join(disk, 'fresh'))).toEqual([]);
  }, 120_000);
});
