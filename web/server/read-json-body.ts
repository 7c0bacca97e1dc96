/** Reads small JSON bodies: bounded while reading, parsed strictly, with errors that name the field. */
import { AvatarError } from '@live-avatar/agent/errors';
import { z } from 'zod';
import { HttpError } from './respond.ts';

/** Largest accepted request body, bytes. A grant request is about 100 bytes, a participant token about 600. */
export const MAX_BODY_BYTES = 4096;

const invalid = (message: string, status = 400): HttpError =>
  new HttpError(new AvatarError('REQUEST_INVALID', message), { status });

/**
 * The body, checked by `schema`.
 * @throws HttpError REQUEST_INVALID: 415 not JSON, 413 over MAX_BODY_BYTES, 400 malformed or not matching.
 */
export async function readJsonBody<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  // JSON only: other types would let foreign pages post here without a preflight.
  if (type !== 'application/json') {
    throw invalid(
      `Content-Type must be application/json, got "${(type ?? '').slice(0, 80)}".`,
      415,
    );
  }
  const parsed = schema.safeParse(parseJson(await readText(request, MAX_BODY_BYTES)));
  if (!parsed.success) throw invalid(`The request body is wrong: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/**
 * The body as it was sent, as text.
 * @throws HttpError REQUEST_INVALID: 413 over `maxBytes`, 400 when there is none.
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  if (request.body === null) throw invalid('The request body is empty; send a JSON object.');
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = value as Uint8Array;
    size += chunk.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw invalid(`The request body is larger than ${maxBytes} bytes.`, 413);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid('The request body is not valid JSON.');
  }
}
