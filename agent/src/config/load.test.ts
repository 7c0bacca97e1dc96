import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AvatarError } from '../errors.ts';
import { loadConfig, parseConfig } from './load.ts';
import { serviceSchema } from './schema.ts';
import { parseYamlSource } from './yaml-source.ts';

const SAMPLE = join(import.meta.dirname, '../../../configs/realtime.yaml');

const MUSETALK_FILE = `avatar_1:
  preparation: True # your can set it to False if you want to use the existing avator, it will save time
  bbox_shift: 5
  video_path: "data/video/yongen.mp4"
  audio_clips:
      audio_0: "data/audio/yongen.wav"
      audio_1: "data/audio/eng.wav"
`;

/** The message of a refused file. */
function refusal(text: string): string {
  try {
    parseConfig(text, 'r.yaml');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AvatarError);
    expect((thrown as AvatarError).code).toBe('CONFIG_INVALID');
    return (thrown as AvatarError).message;
  }
  throw new Error('the file was accepted');
}

describe('loadConfig', () => {
  it('loads a file written for MuseTalk unchanged', () => {
    const config = parseConfig(MUSETALK_FILE, 'r.yaml');
    expect(config.avatars.get('avatar_1')).toEqual({
      preparation: true,
      bbox_shift: 5,
      video_path: 'data/video/yongen.mp4',
      audio_clips: { audio_0: 'data/audio/yongen.wav', audio_1: 'data/audio/eng.wav' },
      strength: 1,
    });
    expect(config.service).toEqual(serviceSchema.parse({}));
  });

  it('reads YAML 1.1 booleans, merge keys and empty audio_clips as MuseTalk does', () => {
    const config = parseConfig(
      'a: &base\n  preparation: yes\n  video_path: v.mp4\n  audio_clips:\nb:\n  <<: *base\n  bbox_shift: -7\n',
      'r.yaml',
    );
    expect(config.avatars.get('a')).toMatchObject({ preparation: true, audio_clips: null });
    expect(config.avatars.get('b')).toMatchObject({ preparation: true, bbox_shift: -7 });
  });

  it('keeps the avatars in file order and freezes everything', () => {
    const config = parseConfig('z: {video_path: v}\na: {video_path: v}\n', 'r.yaml');
    expect([...config.avatars.keys()]).toEqual(['z', 'a']);
    expect(Object.isFrozen(config.service)).toBe(true);
    expect(Object.isFrozen(config.avatars.get('z')?.audio_clips)).toBe(true);
    expect(() => (config.avatars as Map<string, unknown>).set('b', {})).toThrow('read-only');
  });

  it('accepts a file with a byte order mark and Windows line ends', () => {
    expect(parseConfig('\uFEFFa:\r\n  video_path: v\r\n', 'r.yaml').avatars.size).toBe(1);
  });

  it('says how to mend a file that does not exist', async () => {
    await expect(loadConfig('no/such.yaml')).rejects.toThrow(
      /no\/such\.yaml does not exist; copy configs\/realtime\.yaml there, or set AVATAR_CONFIG/,
    );
  });

  it.each(['', '\n\n', '# only a comment\n'])('refuses an empty file: %j', (text) => {
    expect(refusal(text)).toMatch(/^r\.yaml is empty; add at least one avatar/);
  });

  it('refuses a file without an avatar', () => {
    expect(refusal('service: {fade_ms: 100}\n')).toMatch(/^r\.yaml:1: there is no avatar; add one/);
  });

  it('names line and cure of broken YAML', () => {
    expect(refusal('a:\n  video_path: v\n bbox_shift: 5\n')).toMatch(
      /^r\.yaml:3: broken YAML at `bbox_shift: 5`: bad indentation.*; check indentation/,
    );
  });

  it('names tabs as the cause', () => {
    expect(refusal('a:\n\tvideo_path: v\n')).toMatch(/^r\.yaml:2: .*indent with spaces, not tabs$/);
  });

  it('refuses several documents and a list', () => {
    expect(refusal('a: {video_path: v}\n---\nb: {video_path: v}\n')).toMatch(/2 YAML documents/);
    expect(refusal('- a\n- b\n')).toMatch(/^r\.yaml:1: the file must be a mapping/);
  });

  it('names an unknown key with its line and the key that was meant', () => {
    expect(refusal('a:\n  bbox_shift: 1\n  vidoe_path: v\n  video_path: v\n')).toMatch(
      /^r\.yaml:3: a\.vidoe_path is not a known key; did you mean `video_path`\?/,
    );
    expect(refusal('service:\n  max_sesions: 2\na: {video_path: v}\n')).toMatch(
      /^r\.yaml:2: service\.max_sesions .*did you mean `max_sessions`\?/,
    );
  });

  it('names wrong types with the value and an example', () => {
    expect(refusal('a:\n  video_path: v\n  bbox_shift: five\n')).toBe(
      'r.yaml:3: a.bbox_shift is "five", must be a number; write e.g. `bbox_shift: 5`',
    );
    expect(refusal('a:\n  video_path: 3\n')).toMatch(
      /^r\.yaml:2: a\.video_path is 3, must be text/,
    );
    expect(refusal('a:\n  video_path: v\n  audio_clips: [x.wav]\n')).toMatch(
      /^r\.yaml:3: a\.audio_clips is \["x.wav"\], must be a mapping/,
    );
    expect(refusal('service:\n  model: gpt\na: {video_path: v}\n')).toMatch(
      /^r\.yaml:2: service\.model is "gpt", must be one of lite, musetalk-v15/,
    );
    expect(refusal('service:\n\n  fade_ms: 5000\na: {video_path: v}\n')).toMatch(
      /^r\.yaml:3: service\.fade_ms is 5000, must be at most 1000/,
    );
  });

  it('reads the looks of a mouth and names what is wrong with them', () => {
    const config = parseConfig(
      "a: {video_path: v, mouth: {smile: -0.2, teeth_colour: '#F0E8d8'}}\n",
      'r.yaml',
    );
    expect(config.avatars.get('a')?.mouth).toEqual({
      smile: -0.2,
      teeth_offset_mm: 0,
      teeth_colour: '#F0E8d8',
    });
    expect(refusal('a:\n  video_path: v\n  mouth:\n    smile: 0.8\n')).toBe(
      'r.yaml:4: a.mouth.smile is 0.8, must be at most 0.5; lower it',
    );
    expect(refusal('a:\n  video_path: v\n  mouth: {teeth_colour: white}\n')).toBe(
      'r.yaml:3: a.mouth.teeth_colour is "white": write a colour as \'#e2d8c6\' (in quotes)',
    );
    expect(refusal('a:\n  video_path: v\n  mouth:\n    simle: 0.1\n')).toMatch(
      /^r\.yaml:4: a\.mouth\.simle is not a known key; did you mean `smile`\?/,
    );
  });

  it('names a missing video_path and an avatar without settings', () => {
    expect(refusal('x: {video_path: v}\na:\n  bbox_shift: 1\n')).toMatch(
      /^r\.yaml:2: a\.video_path is missing; add/,
    );
    expect(refusal('a:\n')).toMatch(/^r\.yaml:1: avatar `a` has no settings; write at least `a: /);
  });

  it('names clips and ids that cannot be used', () => {
    expect(refusal('a:\n  video_path: v\n  audio_clips:\n    "x/y": z.wav\n')).toMatch(
      /^r\.yaml:4: a\.audio_clips\.x\/y is not a usable name/,
    );
    expect(refusal('"my avatar":\n  video_path: v\n')).toMatch(/^r\.yaml:1: `my avatar` is not/);
  });

  it('says where a service setting belongs', () => {
    expect(refusal('a: {video_path: v}\nmax_sessions: 3\n')).toMatch(
      /^r\.yaml:2: max_sessions is a setting of the service; move it below `service:`/,
    );
  });

  it('reports duplicate avatars and keys with both lines', () => {
    expect(refusal('a:\n  video_path: v\na:\n  video_path: w\n')).toMatch(
      /^r\.yaml:3: avatar `a` is there twice \(first on line 1\)/,
    );
    expect(refusal('a:\n  video_path: v\n  video_path: w\n')).toMatch(
      /^r\.yaml:3: a\.video_path is there twice \(first on line 2\)/,
    );
  });

  it('reports all problems together, in file order', () => {
    const message = refusal(
      'service:\n  fade: 5\na:\n  video_path: v\n  bbox_shift: x\n  speed: 2\na: {video_path: v}\nb:\n',
    );
    expect(message.split('\n').map((line) => /r\.yaml:?(\d+)?/.exec(line)?.[1])).toEqual(
      // The last `a` wins, so the first one's values are not looked at.
      [undefined, '2', '7', '8'],
    );
    expect(message).toMatch(/^r\.yaml has 3 problems:/);
  });
});

describe('parseYamlSource', () => {
  it('knows the line of every key, also inside lists and flow mappings', () => {
    const source = parseYamlSource('# c\na:\n  - x\n  - y: {z: 1}\n"b c":\n  d: e\n', 'r.yaml');
    expect(source.lineOf(['a'])).toBe(2);
    expect(source.lineOf(['a', 1, 'y', 'z'])).toBe(4);
    expect(source.lineOf(['b c', 'd'])).toBe(6);
    expect(source.lineOf(['b c', 'absent'])).toBe(5);
  });
});

describe('configs/realtime.yaml', () => {
  it('shows every service key with its default', async () => {
    const text = await readFile(SAMPLE, 'utf8');
    const shown = (parseYamlSource(text, SAMPLE).value as Record<string, unknown>)['service'];
    expect(shown).toEqual(serviceSchema.parse({}));
    expect(Object.keys(shown as object)).toEqual(Object.keys(serviceSchema.shape));
  });

  it('loads, with the avatars of the service', async () => {
    const config = await loadConfig(SAMPLE);
    expect([...config.avatars.keys()]).toEqual(expect.arrayContaining(['ava', 'leo']));
    for (const [id, { video_path: source }] of config.avatars) {
      expect(source).toBe(`avatars/${id}/source.png`);
    }
  });
});
