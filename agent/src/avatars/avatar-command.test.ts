import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, afterEach, describe, expect, it, vi } from 'vitest';
import { FACE_PICTURE, MODELS_DIR, temporaryFolder } from '../../test/avatar-fixtures.ts';
import { writeWav } from '../audio/wav-file.ts';
import { parseConfig } from '../config/load.ts';
import { AvatarError } from '../errors.ts';
import { run } from './avatar-command.ts';

const folder = temporaryFolder();
const configPath = join(folder, 'realtime.yaml');
const picture = join(folder, 'me "and" you.png');
cpSync(FACE_PICTURE, picture);
const clip = join(folder, 'hi.wav');
writeFileSync(clip, writeWav(new Int16Array(800).fill(500), 16_000));

let shown = '';
let told = '';
beforeEach(() => {
  shown = '';
  told = '';
  vi.stubEnv('AVATAR_CONFIG', configPath);
  vi.stubEnv('AVATAR_MODELS_DIR', MODELS_DIR);
  vi.stubEnv('AVATAR_SHIPPED_DIR', join(folder, 'shipped'));
  vi.stubEnv('AVATAR_CACHE_DIR', join(folder, 'cache'));
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((shown += String(text))));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((told += String(text))));
  writeFileSync(configPath, `good:\n  video_path: ${JSON.stringify(picture)}\n`);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const refusal = async (...args: string[]): Promise<string> => {
  told = '';
  try {
    return `exit code ${await run(args)}: ${told}`;
  } catch (thrown) {
    if (thrown instanceof AvatarError) return `${thrown.code}: ${thrown.message}`;
    throw thrown;
  }
};

describe('avatar prepare', () => {
  it('makes a bundle, shows progress, and prints lines that the service accepts as they are', async () => {
    const options = [
      '--id',
      'me_2',
      '--video',
      picture,
      '--name',
      'It\'s "me"',
      '--bbox-shift',
      '-3',
    ];
    expect(await run(['prepare', ...options, '--clip', `hi=${clip}`, '--model', 'lite'])).toBe(0);
    expect(told).toMatch(/me_2 100 %\nme_2: 1 frame of 512×512 px in .*cache.me_2.bundle/);
    expect(parseConfig(shown, 'snippet').avatars.get('me_2')).toEqual({
      preparation: false,
      bbox_shift: -3,
      video_path: picture,
      audio_clips: { hi: clip },
      name: 'It\'s "me"',
      model: 'lite',
      strength: 1,
    });
    // Pasted into the file, the bundle counts as prepared.
    writeFileSync(configPath, shown);
    shown = '';
    expect(await run(['list'])).toBe(0);
    expect(shown).toMatch(/^me_2 +lite +prepared: 1 frames 512×512, 1 clips, /);
  });

  it('names what is missing or wrong on the command line', async () => {
    expect(await refusal('prepare', '--video', picture)).toMatch(
      /^REQUEST_INVALID: .*--id is missing/,
    );
    expect(await refusal('prepare', '--id', 'a b', '--video', picture)).toMatch(
      /"a b" is not usable/,
    );
    expect(await refusal('prepare', '--id', 'a')).toMatch(/^REQUEST_INVALID: .*--video is missing/);
    expect(await refusal('prepare', '--id', 'a', '--video', 'x', '--clip', 'y')).toMatch(
      /--clip y must be NAME=FILE\.wav/,
    );
    expect(await refusal('prepare', '--id', 'a', '--video', 'x', '--bbox-shift', 'up')).toMatch(
      /^REQUEST_INVALID: .*bbox_shift/,
    );
    expect(await refusal('prepare', '--id', 'a', '--video', 'x', '--bbox-shift')).toMatch(
      /^REQUEST_INVALID: .*bbox_shift/,
    );
    expect(await refusal('prepare', '--vidoe', 'x')).toMatch(/^exit code 2: .*--vidoe/);
    expect(await refusal('prepare', '--id', 'no', '--from-config')).toMatch(
      /^AVATAR_NOT_FOUND: .*has no avatar "no" \(it has: good\)/,
    );
    expect(await refusal('prepare', '--id', 'a', '--video', 'no.mp4')).toMatch(
      /^SOURCE_MISSING: a: no\.mp4 does not exist/,
    );
    expect(await refusal('rename')).toMatch(/^exit code 2: avatar: there is no command "rename"/);
  });
});

describe('avatar list and verify', () => {
  it('tell prepared, unprepared, broken and impossible avatars apart', async () => {
    writeFileSync(
      configPath,
      `good:\n  video_path: ${JSON.stringify(picture)}\nnew:\n  video_path: ${clip}\ngone:\n  video_path: gone.mp4\n`,
    );
    expect(
      await run(['prepare', '--id', 'good', '--from-config', '--out', join(folder, 'shipped')]),
    ).toBe(0);
    expect(shown).toBe('');
    expect(await run(['list'])).toBe(1);
    expect(shown.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(/^good +lite +prepared: 1 frames/),
      expect.stringMatching(/^new +lite +not prepared yet; the next start does it/),
      expect.stringMatching(/^gone +lite +FAILED: gone\.mp4 does not exist/),
    ]);
    shown = '';
    expect(await run(['verify'])).toBe(0);
    expect(shown).toMatch(
      /^good +lite +whole: .*shipped.good.bundle \(6 files\)\nnew +lite +no bundle/,
    );
    shown = '';
    appendFileSync(join(folder, 'shipped/good/bundle/pack.bin'), 'x');
    expect(await run(['verify'])).toBe(1);
    expect(shown).toMatch(/^good +lite +FAILED: .*pack\.bin has the wrong sha256/);
  });
});
