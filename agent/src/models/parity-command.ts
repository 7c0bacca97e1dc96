/**
 * `npm run models -- parity`: our MuseTalk stages and the tiny graphs against the golden vectors in the repository;
 * `--full` also compares networks of full size with PyTorch; `--real` compares with pictures MuseTalk itself made.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AvatarError } from '../errors.ts';
import { GoldenVectors } from '../packs/musetalk/golden-vectors.ts';
import { openGraphs, type GraphOptions } from '../packs/musetalk/musetalk-graphs.ts';
import {
  FLOAT16_LIMITS,
  FLOAT32_LIMITS,
  networkStages,
  smallDecoderStage,
} from '../packs/musetalk/parity-networks.ts';
import { exactStages } from '../packs/musetalk/parity-stages.ts';
import { isWithin, type StageResult } from '../packs/musetalk/stage-result.ts';
import { fullStages } from './parity-full.ts';
import { realStages } from './parity-real.ts';

const HELP = `Usage: npm run models -- parity [options]

Compares every stage of musetalk-v15 with vectors made by the libraries MuseTalk uses (tiny networks, random weights).

  --json FILE   write { stages: [{ stage, maxError, meanError, tolerance, limits, ok }] }
  --full        also export networks of full size with random weights and compare them with PyTorch (12 GB of memory)
  --real DIR    instead: our pictures on your weights against MuseTalk's own. DIR holds audio.wav, full_imgs/ and mask/
                (of results/v15/avatars/ID), coords.json (coords.pkl of the same folder as JSON) and pictures/ (what it made):
                python -c "import json,pickle;json.dump(pickle.load(open('coords.pkl','rb')),open('coords.json','w'))"
  --from-video  with --real: the pictures were taken out of MuseTalk's mp4 (ffmpeg -i result.mp4 -start_number 0 pictures/%08d.png);
                its compression is allowed for. Better are the PNGs it writes before it makes the mp4
  --tiny-only   leave out the half-precision graphs

Errors of pictures are in steps of 1/255. Exit code: 0 all within their tolerance, 1 not.
`;

const OPTIONS = {
  json: { type: 'string' },
  full: { type: 'boolean', default: false },
  real: { type: 'string' },
  'from-video': { type: 'boolean', default: false },
  'tiny-only': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The graphs are tiny: one thread, and no GPU whose arithmetic would differ. */
const TINY: GraphOptions = { providers: ['cpu'], threads: 1 };

/** Run the command. @returns the exit code @throws AvatarError REQUEST_INVALID, or whatever keeps a stage from running */
export async function parityCommand(args: readonly string[], modelsDir: string): Promise<number> {
  const options = parse(args);
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const packDir = join(modelsDir, 'musetalk-v15');
  const stages =
    options.real === undefined
      ? await fixtureStages(join(packDir, 'fixtures'), !options['tiny-only'])
      : await realStages(options.real, packDir, { isFromVideo: options['from-video'] });
  if (options.full) stages.push(...(await fullStages()));
  for (const line of tableOf(stages)) process.stdout.write(`${line}\n`);
  if (options.json !== undefined) {
    const report = { stages: stages.map((one) => ({ ...one, ok: isWithin(one) })) };
    await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  return stages.every(isWithin) ? 0 : 1;
}

/** All stages on the fixtures in `folder`. @throws AvatarError when fixtures are missing or damaged */
export async function fixtureStages(folder: string, hasHalves = true): Promise<StageResult[]> {
  const golden = await GoldenVectors.open(join(folder, 'golden'));
  const results = await exactStages(golden);
  const tiny = await openGraphs(join(folder, 'tiny'), TINY);
  results.push(...(await networkStages(golden, tiny, FLOAT32_LIMITS)));
  await tiny.release();
  const small = await openGraphs(join(folder, 'tiny'), { ...TINY, decoder: 'taesd' });
  results.push(await smallDecoderStage(golden, small));
  await small.release();
  if (!hasHalves) return results;
  const halves = await openGraphs(join(folder, 'tiny-fp16'), TINY);
  results.push(...(await networkStages(golden, halves, FLOAT16_LIMITS)));
  await halves.release();
  return results;
}

function tableOf(stages: readonly StageResult[]): string[] {
  const width = Math.max(...stages.map(({ stage }) => stage.length), 5);
  const head = `${'stage'.padEnd(width)}  ${'max error'.padStart(10)}  ${'mean error'.padStart(10)}  tolerance`;
  return [
    head,
    ...stages.map((one) =>
      [
        one.stage.padEnd(width),
        short(one.maxError).padStart(10),
        short(one.meanError).padStart(10),
        `${one.limits} ≤ ${short(one.tolerance)}`.padEnd(14),
        isWithin(one) ? 'ok' : 'TOO LARGE',
      ].join('  '),
    ),
  ];
}

const short = (value: number): string => (value === 0 ? '0' : value.toPrecision(3));

function parse(
  args: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AvatarError('REQUEST_INVALID', `models parity: ${reason}\n\n${HELP}`, { cause });
  }
}
