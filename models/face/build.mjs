// @ts-check
/**
 * Builds the face model pack: MediaPipe's networks from exactly pinned npm packages, converted to ONNX.
 * Run `node models/face/build.mjs --help`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { convertTfliteToOnnx } from './convert/tflite-to-onnx.mjs';
import { faceModelSources } from './sources.mjs';

const PACK_VERSION = '1.0.0';
const HELP = `Builds models/face/*.onnx and pack.yaml from pinned npm packages.

  node models/face/build.mjs            fetch the packages, convert, write the pack
  node models/face/build.mjs --check    convert, compare with the committed pack, write nothing
  --packages DIR    where the npm packages are kept (default .cache/face-packages); with them there, no network is used
`;

/** @typedef {{ file: string, bytes: Uint8Array }} BuiltFile */

const packDirectory = import.meta.dirname;
const repositoryRoot = path.resolve(packDirectory, '../..');

/** @param {Uint8Array} bytes */
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/**
 * Installs the pinned packages into a directory of their own, so that they never become a dependency of the product.
 *
 * @param {string} directory
 */
function fetchPackages(directory) {
  const wanted = new Map(faceModelSources.map((source) => [source.package, source.packageVersion]));
  const missing = [...wanted].filter(([name, version]) => {
    const manifest = path.join(directory, 'node_modules', name, 'package.json');
    return !existsSync(manifest) || JSON.parse(readFileSync(manifest, 'utf8')).version !== version;
  });
  if (missing.length === 0) return;
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
  const specs = [...wanted].map(([name, version]) => `${name}@${version}`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const options = [
    '--no-save',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefix',
    directory,
  ];
  execFileSync(npm, ['install', ...options, ...specs], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/**
 * @param {import('./sources.mjs').FaceModelSource} source
 * @param {string} packages
 * @returns {Uint8Array} the tflite, its hash checked
 */
function readTflite(source, packages) {
  const file = path.join(packages, 'node_modules', source.package, source.path);
  const whole = readFileSync(file);
  const bytes = source.slice ? whole.subarray(source.slice.start, source.slice.end) : whole;
  const actual = sha256(bytes);
  if (actual !== source.sha256) {
    throw new Error(
      `${file}: sha256 is ${actual}, expected ${source.sha256}. Delete ${packages} and run again.`,
    );
  }
  return bytes;
}

/** @param {BuiltFile[]} built @returns {string} pack.yaml */
function describePack(built) {
  const entries = faceModelSources.map((source) => {
    const bytes = /** @type {BuiltFile} */ (built.find(({ file }) => file === source.file)).bytes;
    return `  - path: ${source.file}
    bytes: ${bytes.length}
    sha256: ${sha256(bytes)}
    input: ${source.input}
    outputs: [${source.outputs.join(', ')}]
    source:
      title: ${source.title}
      package: '${source.package}'
      version: ${source.packageVersion}
      file: ${source.path}${source.slice ? `\n      slice: [${source.slice.start}, ${source.slice.end}]` : ''}
      tflite_sha256: ${source.sha256}`;
  });
  return `# Written by models/face/build.mjs. Do not edit; run it again.
name: face
version: ${PACK_VERSION}
licence: Apache-2.0
notice: NOTICE
files:
${entries.join('\n')}
`;
}

/** @param {BuiltFile[]} built @returns {string[]} names of the files that differ from the committed ones */
function differences(built) {
  return built
    .filter(({ file, bytes }) => {
      const committed = path.join(packDirectory, file);
      return !existsSync(committed) || sha256(readFileSync(committed)) !== sha256(bytes);
    })
    .map(({ file }) => file);
}

function main() {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean', default: false },
      packages: { type: 'string', default: path.join(repositoryRoot, '.cache/face-packages') },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const packages = path.resolve(values.packages);
  fetchPackages(packages);

  /** @type {BuiltFile[]} */
  const built = faceModelSources.map((source) => ({
    file: source.file,
    bytes: convertTfliteToOnnx(readTflite(source, packages), {
      name: source.file.replace('.onnx', ''),
      outputNames: source.outputs,
    }),
  }));
  built.push({ file: 'pack.yaml', bytes: Buffer.from(describePack(built)) });

  if (values.check) {
    const changed = differences(built);
    if (changed.length > 0) {
      throw new Error(
        `models/face differs from a fresh build: ${changed.join(', ')}. Run node models/face/build.mjs.`,
      );
    }
    process.stdout.write(`models/face: ${built.length} files are identical to a fresh build\n`);
    return;
  }
  for (const { file, bytes } of built) {
    writeFileSync(path.join(packDirectory, file), bytes);
    process.stdout.write(`${file}  ${bytes.length} bytes  ${sha256(bytes)}\n`);
  }
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
