/**
 * Reads YAML text and keeps the line of every key, so that later checks can point at the file.
 * js-yaml gives events with offsets; this file turns them into the value and a tree of lines.
 */
import {
  constructFromEvents,
  CORE_SCHEMA,
  EVENT_ID,
  getScalarValue,
  mergeTag,
  parseEvents,
  YAMLException,
} from 'js-yaml';
import { AvatarError } from '../errors.ts';

type YamlEvent = ReturnType<typeof parseEvents>[number];

const { DOCUMENT, SEQUENCE, MAPPING, SCALAR, POP } = EVENT_ID;

/** Longest text, characters: a thousand avatars have some 300,000. */
const MAX_TEXT_CHARS = 1_000_000;
/** Values of a file once its references (`*name`) are followed; a few nested ones can mean billions. */
const MAX_VALUES = 100_000;
/** Mappings and lists inside one another. */
const MAX_DEPTH = 32;

/** Of a broken line this much is quoted. */
const MAX_SHOWN_CHARS = 100;

/** A node of the file: the line its key stands on, and its children by key or index. */
type LineNode = { line: number; readonly children: Map<string, LineNode> };

/** A key that stands twice in one mapping. */
export type DuplicateKey = {
  readonly path: readonly string[];
  readonly line: number;
  readonly firstLine: number;
};

/** One parsed YAML document. */
export type YamlSource = {
  /** The plain value; undefined for an empty file. Of duplicate keys the last one wins (see `duplicates`). */
  readonly value: unknown;
  /** 1-based line of the key at `path`, or of its nearest ancestor that is in the file. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
  readonly duplicates: readonly DuplicateKey[];
};

/**
 * Parse YAML text. `path` is only for messages.
 * @throws AvatarError CONFIG_INVALID with the line and the cure when it is not one well-formed document.
 */
export function parseYamlSource(text: string, path: string): YamlSource {
  if (text.length > MAX_TEXT_CHARS) {
    throw new AvatarError(
      'CONFIG_INVALID',
      `${path}:1: the file has ${text.length} characters, at most ${MAX_TEXT_CHARS} are read; is it the right file?`,
    );
  }
  const lineAt = lineCounter(text);
  try {
    const events = parseEvents(text, { filename: path });
    const documents = constructFromEvents(events, {
      source: text,
      filename: path,
      json: true,
      schema: CORE_SCHEMA.withTags(mergeTag),
      maxAliases: 100,
    });
    if (documents.length > 1) {
      throw new AvatarError(
        'CONFIG_INVALID',
        `${path} holds ${documents.length} YAML documents; remove the \`---\` lines between them`,
      );
    }
    assertBounded(events, documents[0], path, lineAt);
    const walker = new LineWalker(events, text, lineAt);
    const root = walker.walkDocument();
    return {
      value: documents[0],
      lineOf: (keys) => findLine(root, keys),
      duplicates: walker.duplicates,
    };
  } catch (thrown) {
    if (thrown instanceof AvatarError) throw thrown;
    throw syntaxError(thrown, text, path);
  }
}

/**
 * Whatever walks the value later (checks, messages) follows references and recurses: what that would cost is found
 * here first. @throws AvatarError CONFIG_INVALID
 */
function assertBounded(
  events: readonly YamlEvent[],
  value: unknown,
  path: string,
  lineAt: (offset: number) => number,
): void {
  let depth = 0;
  for (const event of events) {
    if (event.type === MAPPING || event.type === SEQUENCE) {
      depth += 1;
      if (depth > MAX_DEPTH) {
        throw new AvatarError(
          'CONFIG_INVALID',
          `${path}:${lineAt(event.start)}: more than ${MAX_DEPTH} mappings or lists inside one another; check the brackets`,
        );
      }
    } else if (event.type === POP) depth -= 1;
  }
  const waiting = [value];
  for (let count = 0; waiting.length > 0; count += 1) {
    const next = waiting.pop();
    if (count > MAX_VALUES) {
      throw new AvatarError(
        'CONFIG_INVALID',
        `${path}:1: the references (\`*name\`) of the file stand for more than ${MAX_VALUES} values; write the values themselves`,
      );
    }
    if (typeof next === 'object' && next !== null)
      waiting.push(...Object.values(next as Record<string, unknown>));
  }
}

function syntaxError(thrown: unknown, text: string, path: string): AvatarError {
  if (!(thrown instanceof YAMLException) || !thrown.mark) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new AvatarError('CONFIG_INVALID', `${path}: broken YAML: ${reason}`, { cause: thrown });
  }
  const lines = text.split('\n');
  const index = Math.min(thrown.mark.line, lines.length - 1);
  const line = (lines[index] ?? '').trim();
  const shown = line.length > MAX_SHOWN_CHARS ? `${line.slice(0, MAX_SHOWN_CHARS)}…` : line;
  const hasTab = /^[ ]*\t/.test(lines[index] ?? '');
  const cure = hasTab
    ? 'indent with spaces, not tabs'
    : 'check indentation, colons, quotes and brackets on this line and the one above';
  const quoted = shown === '' ? '' : ` at \`${shown}\``;
  return new AvatarError(
    'CONFIG_INVALID',
    `${path}:${index + 1}: broken YAML${quoted}: ${thrown.reason}; ${cure}`,
    { cause: thrown },
  );
}

/** Walks the events of one document in step with its nesting. */
class LineWalker {
  readonly duplicates: DuplicateKey[] = [];
  readonly #events: readonly YamlEvent[];
  readonly #text: string;
  readonly #lineAt: (offset: number) => number;
  #next = 0;

  constructor(events: readonly YamlEvent[], text: string, lineAt: (offset: number) => number) {
    this.#events = events;
    this.#text = text;
    this.#lineAt = lineAt;
  }

  walkDocument(): LineNode {
    if (this.#events[this.#next]?.type !== DOCUMENT) return { line: 1, children: new Map() };
    this.#next += 1;
    return this.#walkNode([], 1);
  }

  #walkNode(path: readonly string[], line: number): LineNode {
    const node: LineNode = { line, children: new Map() };
    const event = this.#events[this.#next];
    this.#next += 1;
    if (event?.type === MAPPING) {
      while (!this.#atPop()) this.#walkPair(node, path);
      this.#next += 1;
    } else if (event?.type === SEQUENCE) {
      for (let index = 0; !this.#atPop(); index += 1) {
        const start = this.#events[this.#next];
        const key = String(index);
        node.children.set(key, this.#walkNode([...path, key], this.#startLine(start, line)));
      }
      this.#next += 1;
    }
    return node;
  }

  #walkPair(node: LineNode, path: readonly string[]): void {
    const keyEvent = this.#events[this.#next];
    const line = this.#startLine(keyEvent, node.line);
    const key = keyEvent?.type === SCALAR ? getScalarValue(this.#text, keyEvent) : '';
    this.#walkNode(path, line);
    const childPath = [...path, key];
    const child = this.#walkNode(childPath, line);
    const earlier = node.children.get(key);
    if (earlier && key !== '<<') {
      this.duplicates.push({ path: childPath, line, firstLine: earlier.line });
    }
    node.children.set(key, child);
  }

  #atPop(): boolean {
    const event = this.#events[this.#next];
    return event === undefined || event.type === POP;
  }

  #startLine(event: YamlEvent | undefined, fallback: number): number {
    if (event?.type === SCALAR) return this.#lineAt(event.valueStart);
    if (event?.type === MAPPING || event?.type === SEQUENCE) return this.#lineAt(event.start);
    return fallback;
  }
}

function findLine(root: LineNode, keys: readonly PropertyKey[]): number {
  let node = root;
  for (const key of keys) {
    const child = node.children.get(String(key));
    if (!child) break;
    node = child;
  }
  return node.line;
}

/** Offset → 1-based line. Offsets come in rising order, but any order works. */
function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
