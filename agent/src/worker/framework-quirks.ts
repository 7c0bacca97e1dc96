/** What the agents framework does at its start that a worker of ours must not. */
import { createServer } from 'node:net';
import { InferenceRunner } from '@livekit/agents';
import { AvatarError } from '../errors.ts';

/**
 * The framework starts a 330 MB process for its speech-turn model in every worker, used or not, unless a runner of
 * that name is registered. A hidden entry keeps the name taken and the list of runners empty.
 */
export function suppressInferenceProcess(): void {
  Object.defineProperty(InferenceRunner.registeredRunners, 'lk_eot_audio', {
    value: 'unused',
    enumerable: false,
  });
}

/** A free port: the framework's 0 means its default one, which a second worker on the machine could not share. */
export async function freeLoopbackPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new AvatarError('INTERNAL', 'no free port on 127.0.0.1');
  }
  return address.port;
}
