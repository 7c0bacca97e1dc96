import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { load } from 'js-yaml';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { AvatarError } from '../errors.ts';
import {
  FACE_MODEL_NAMES,
  type FaceModelName,
  type FaceModels,
  type RunModel,
} from './face-models.ts';

/** The part of models/face/pack.yaml that loading needs; the rest records where the files came from. */
const packSchema = z.object({
  name: z.literal('face'),
  files: z.array(
    z.object({
      path: z.string(),
      bytes: z.number().int().positive(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

type PackFile = z.infer<typeof packSchema>['files'][number];

const CURE =
  'Restore it with `git checkout -- models/face`, or rebuild the pack with `node models/face/build.mjs`.';
/** More threads gave nothing: each network runs 2–3 ms, and other sessions want the cores. */
const SESSION_OPTIONS = { intraOpNumThreads: 1, interOpNumThreads: 1 };

/**
 * Load the face pack on the CPU (one thread per network), after checking each file against pack.yaml.
 *
 * @param directory the folder that holds pack.yaml, usually models/face
 * @throws AvatarError MODEL_PACK_MISSING, MODEL_PACK_CORRUPT: the message names the file and the cure
 */
export async function loadFaceModels(directory: string): Promise<FaceModels> {
  const files = await readPackFiles(directory);
  const sessions = new Map<FaceModelName, InferenceSession>();
  const release = async (): Promise<void> => {
    const open = [...sessions.values()];
    sessions.clear();
    await Promise.all(open.map((session) => session.release()));
  };
  try {
    for (const name of FACE_MODEL_NAMES)
      sessions.set(name, await createSession(directory, name, files));
  } catch (error) {
    await release();
    throw error;
  }

  const run: RunModel = async (name, input, dims) => {
    const session = sessions.get(name);
    if (!session)
      throw new AvatarError('INFERENCE_FAILED', `Face model ${name} was used after release().`);
    try {
      const results = await session.run({ input: new Tensor('float32', input, dims) });
      return Object.fromEntries(
        Object.entries(results).map(([output, tensor]) => [output, tensor.data as Float32Array]),
      );
    } catch (error) {
      throw new AvatarError('INFERENCE_FAILED', `Face model ${name} failed: ${String(error)}`, {
        cause: error,
      });
    }
  };
  return { run, release };
}

async function readPackFiles(directory: string): Promise<PackFile[]> {
  const file = path.join(directory, 'pack.yaml');
  const text = (await readRequired(file)).toString('utf8');
  try {
    return packSchema.parse(load(text)).files;
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new AvatarError('MODEL_PACK_CORRUPT', `${file} is not a face pack: ${reason}. ${CURE}`, {
      cause: error,
    });
  }
}

async function createSession(
  directory: string,
  name: FaceModelName,
  files: PackFile[],
): Promise<InferenceSession> {
  const entry = files.find((candidate) => candidate.path === `${name}.onnx`);
  if (!entry) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${path.join(directory, 'pack.yaml')} lists no ${name}.onnx. ${CURE}`,
    );
  }
  const file = path.join(directory, entry.path);
  const bytes = await readRequired(file);
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (bytes.length !== entry.bytes || actual !== entry.sha256) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${file} has ${bytes.length} bytes with sha256 ${actual}, pack.yaml says ${entry.bytes} bytes with ${entry.sha256}. ${CURE}`,
    );
  }
  try {
    return await InferenceSession.create(bytes, SESSION_OPTIONS);
  } catch (error) {
    throw new AvatarError(
      'MODEL_PACK_CORRUPT',
      `${file} cannot be loaded: ${String(error)}. ${CURE}`,
      { cause: error },
    );
  }
}

async function readRequired(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new AvatarError('MODEL_PACK_MISSING', `${file} cannot be read. ${CURE}`, {
      cause: error,
    });
  }
}
