/** Entry of the offline commands: `node agent/dist/cli.js avatar|render|models …`, run from the repository root. */
import { toAvatarError } from './errors.ts';

/** A command: arguments in, exit code out. */
type Command = { run: (args: string[]) => Promise<number> };

/** Loaded when asked for: `models` needs no video code, `avatar` no engine. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  avatar: () => import('./avatars/avatar-command.ts'),
  render: () => import('./engine/render-command.ts'),
  models: () => import('./models/models-command.ts'),
};

const HELP = `Usage:
  npm run avatar -- help    prepare, list and check avatars
  npm run render -- --help  make a video of an avatar that speaks a WAV file
  npm run models -- help    list and check model packs
`;

async function main([name, ...args]: string[]): Promise<number> {
  const load = name === undefined ? undefined : COMMANDS[name];
  if (!load) {
    process.stderr.write(HELP);
    return 2;
  }
  try {
    const command = await load();
    return await command.run(args);
  } catch (thrown) {
    const error = toAvatarError(thrown);
    process.stderr.write(`${error.code}: ${error.message}\n`);
    if (error.code === 'INTERNAL') process.stderr.write(`${error.stack ?? ''}\n`);
    return error.code === 'REQUEST_INVALID' ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
