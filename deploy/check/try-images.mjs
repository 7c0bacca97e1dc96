// @ts-check
// `node deploy/check/try-images.mjs [agent] [web]`: carries out the Dockerfiles without a Docker engine, as far as that
// goes. Every stage is a folder made from a fresh Debian 12 (debootstrap) with this machine's node in it; every step
// runs in a chroot on the last commit's files. Then the start command runs as the image's user on a read-only root
// without any network but loopback, beside a real livekit-server, until its health check answers.
// Needs root, Linux, git and debootstrap; takes some minutes.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { getLivekitServer } from '../../tools/get-livekit-server.mjs';
import { initEnv } from '../../tools/init-env.mjs';
import { composeLoader } from './compose-config.mjs';
import { parseDockerfile } from './dockerfile.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const WORK = join(process.env['TRY_IMAGES_DIR'] ?? tmpdir(), 'live-avatar-images');
const BASE = join(WORK, 'base');
/** Networks with a proxy of their own need its certificate; steps only, not in the image. */
const CA_BUNDLE = '/etc/ssl/certs/ca-certificates.crt';
const START_TIMEOUT_S = 120;
const sh = (/** @type {string} */ script) =>
  execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  }).toString();
const q = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Debian as node's slim image has it: the system, node, npm and a user `node` with the number 1000. */
function makeBase() {
  if (existsSync(join(BASE, 'usr/local/bin/node'))) return;
  console.log('making a Debian 12 …');
  if (!existsSync(join(BASE, 'etc/debian_version')))
    sh(`debootstrap --variant=minbase bookworm ${q(BASE)} >&2`);
  const npm = join(
    dirname(execFileSync('npm', ['root', '-g']).toString().trim()),
    'node_modules/npm',
  );
  mkdirSync(join(BASE, 'usr/local/lib/node_modules'), { recursive: true });
  cpSync(npm, join(BASE, 'usr/local/lib/node_modules/npm'), { recursive: true });
  cpSync(process.execPath, join(BASE, 'usr/local/bin/node.tmp'));
  sh(`cd ${q(BASE)}/usr/local/bin && ln -sf ../lib/node_modules/npm/bin/npm-cli.js npm && ln -sf ../lib/node_modules/npm/bin/npx-cli.js npx
    # As Docker's Debian does: no archives kept, and as its slim one: no documentation.
    echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };' > ${q(BASE)}/etc/apt/apt.conf.d/docker-clean
    printf 'path-exclude /usr/share/%s/*\\n' doc man locale info > ${q(BASE)}/etc/dpkg/dpkg.cfg.d/docker
    rm -rf ${q(BASE)}/var/cache/apt/archives/*.deb ${q(BASE)}/usr/share/{doc,man,locale,info}/*
    chroot ${q(BASE)} useradd -m -u 1000 node; rm -rf ${q(BASE)}/var/lib/apt/lists/* ${q(BASE)}/var/cache/apt/*.bin
    mv ${q(BASE)}/usr/local/bin/node.tmp ${q(BASE)}/usr/local/bin/node`);
}

/**
 * @param {string} name
 * @returns {{ folder: string, env: Record<string, string>, workdir: string, user: string, command: string[] }}
 */
function build(name) {
  const stages = parseDockerfile(readFileSync(join(ROOT, `deploy/${name}.Dockerfile`), 'utf8'));
  /** @type {Map<string, { folder: string, env: Record<string, string>, workdir: string }>} */
  const built = new Map();
  for (const [index, stage] of stages.entries()) {
    const folder = join(WORK, `${name}-${stage.name ?? 'final'}`);
    const parent = built.get(stage.from) ?? { folder: BASE, env: {}, workdir: '/' };
    sh(`rm -rf ${q(folder)}; cp -a --reflink=auto ${q(parent.folder)} ${q(folder)}`);
    const state = {
      folder,
      env: { ...parent.env },
      workdir: parent.workdir,
      user: 'root',
      command: [''],
    };
    for (const { instruction, value } of stage.steps) {
      console.log(`${name} ${index + 1}/${stages.length} ${instruction} ${value.slice(0, 100)}`);
      if (instruction === 'WORKDIR') {
        state.workdir = value;
        mkdirSync(join(folder, value), { recursive: true });
      } else if (instruction === 'ENV') {
        for (const [, key = '', text = ''] of value.matchAll(/(\w+)=(\S+)/g)) state.env[key] = text;
      } else if (instruction === 'COPY') copy(value, state, built);
      else if (instruction === 'RUN') runIn(state, value);
      else if (instruction === 'USER') state.user = value;
      else if (instruction === 'CMD') state.command = JSON.parse(value);
    }
    if (stage.name) built.set(stage.name, state);
    else return state;
  }
  throw new Error(`deploy/${name}.Dockerfile has no last stage`);
}

/**
 * @param {string} value
 * @param {{ folder: string, workdir: string }} state
 * @param {Map<string, { folder: string }>} built
 */
function copy(value, { folder, workdir }, built) {
  const words = value.split(/\s+/);
  const stage = words[0]?.startsWith('--from=')
    ? built.get(words.shift()?.slice(7) ?? '')
    : undefined;
  const to = words.pop() ?? '';
  const target = join(folder, to.startsWith('/') ? to : join(workdir, to));
  for (const from of words) {
    let source = stage && join(stage.folder, from);
    if (!source) {
      // The commit, not the working tree: nothing of this machine gets in.
      source = join(WORK, 'context', from);
      sh(
        `mkdir -p ${q(join(WORK, 'context'))}; cd ${q(ROOT)}; git archive HEAD ${q(from)} | tar x -C ${q(join(WORK, 'context'))}`,
      );
    }
    const contents = words.length === 1 && !to.endsWith('/');
    sh(`mkdir -p ${contents ? q(dirname(target)) : q(target)}
      if [ -d ${q(source)} ]; then mkdir -p ${q(target)}; cp -a --reflink=auto ${q(source)}/. ${q(target)}; else cp -a ${q(source)} ${q(target)}; fi`);
  }
}

/**
 * @param {{ folder: string, env: Record<string, string>, workdir: string }} state
 * @param {string} command
 */
function runIn({ folder, env, workdir }, command) {
  const variables = Object.entries(env)
    .map(([key, value]) => `export ${key}=${q(value)}; `)
    .join('');
  // A registry's settings of this machine, for the step only.
  const npmrc = join(process.env['HOME'] ?? '/root', '.npmrc');
  const script = `mount --bind ${q(folder)} ${q(folder)}; cd ${q(folder)}
    mount -t proc proc proc; mount --rbind /dev dev; touch etc/resolv.conf; mount --bind /etc/resolv.conf etc/resolv.conf
    ${existsSync(npmrc) ? `touch root/.npmrc; mount --bind ${q(npmrc)} root/.npmrc` : ''}
    touch run/ca.crt; mount --bind ${q(CA_BUNDLE)} run/ca.crt
    exec chroot . /bin/sh -ec ${q(`${variables}export NODE_EXTRA_CA_CERTS=/run/ca.crt PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/root; cd ${workdir}; ${command}`)}`;
  execFileSync('unshare', ['-m', '-p', '-f', 'nice', '-n', '10', 'bash', '-euc', script], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  sh(`rm -rf ${q(folder)}/root/.npm ${q(folder)}/root/.npmrc ${q(folder)}/run/ca.crt`);
}

/**
 * Start the image's command in its own network, read-only, and wait for its health check.
 * @param {string} name
 * @param {ReturnType<typeof build>} image
 */
async function start(name, { folder, env, workdir, user, command }) {
  const envFile = join(WORK, '.env');
  cpSync(join(ROOT, '.env.example'), `${envFile}.example`);
  rmSync(envFile, { force: true });
  initEnv(WORK);
  const load = await composeLoader();
  const { services } = await load({ files: ['docker-compose.yml'], envFile });
  const { environment, tmpfs, healthcheck } = services[name];
  const keys = {
    LIVEKIT_API_KEY: environment.LIVEKIT_API_KEY,
    LIVEKIT_API_SECRET: environment.LIVEKIT_API_SECRET,
  };
  const known = { ...environment, LIVEKIT_URL: 'ws://127.0.0.1:7880' };
  const { path: server } = await getLivekitServer();
  const variables = Object.entries({ ...env, ...known })
    .map(([key, value]) => `${key}=${q(String(value))}`)
    .join(' ');
  const inside = (/** @type {string[]} */ args) =>
    `chroot --userspec=${user} . /usr/bin/env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp ${variables} /bin/sh -c ${q(`cd ${workdir}; exec "$@"`)} sh ${args.map(q).join(' ')}`;
  const script = `ip link set lo up
    LIVEKIT_KEYS="${keys.LIVEKIT_API_KEY}: ${keys.LIVEKIT_API_SECRET}" LIVEKIT_WEBHOOK_API_KEY=${q(keys.LIVEKIT_API_KEY)} NODE_IP=127.0.0.1 ${q(server)} --config ${q(join(ROOT, 'livekit.yaml'))} >/dev/null 2>&1 &
    mount --bind ${q(folder)} ${q(folder)}; cd ${q(folder)}; mount -t proc proc proc; mount --rbind /dev dev
    mount -o remount,ro,bind .
    ${tmpfs.map((/** @type {string} */ each) => `mount -t tmpfs -o ${(each.split(':')[1] ?? '').split(',').join(',')} tmpfs .${each.split(':')[0]}`).join('\n')}
    ${name === 'agent' ? 'mount -t tmpfs -o uid=1000,size=256m tmpfs ./var/cache/live-avatar' : ''}
    if ${inside(['touch', '/app/written'])} 2>/dev/null; then echo 'the root is not read-only'; exit 1; fi
    ${inside(command)} & program=$!
    for second in $(seq ${START_TIMEOUT_S}); do
      if ${inside(healthcheck.test.slice(1))} 2>/dev/null; then echo "HEALTHY after $second s"; kill -TERM $program; wait $program || true; exit 0; fi
      kill -0 $program || { echo 'the start command ended'; exit 1; }
      sleep 1
    done
    echo 'not healthy in time'; exit 1`;
  await new Promise((resolve, reject) => {
    spawn('unshare', ['-m', '-n', '-p', '-f', '--kill-child', 'bash', '-euc', script], {
      stdio: ['ignore', 'inherit', 'inherit'],
    }).once('close', (code) =>
      code === 0 ? resolve(undefined) : reject(new Error(`${name}: exit code ${code}`)),
    );
  });
}

for (const tool of ['debootstrap', 'unshare', 'git']) {
  try {
    execFileSync('which', [tool]);
  } catch {
    console.error(
      `${tool} is missing; install it (Debian: apt-get install debootstrap util-linux git)`,
    );
    process.exit(1);
  }
}
if (process.getuid?.() !== 0) {
  console.error('needs root: chroot and mount namespaces');
  process.exit(1);
}
mkdirSync(WORK, { recursive: true });
chmodSync(WORK, 0o755);
makeBase();
const names = process.argv.slice(2);
const sizes = [];
for (const name of names.length > 0 ? names : ['agent', 'web']) {
  rmSync(join(WORK, 'context'), { recursive: true, force: true });
  const image = build(name);
  await start(name, image);
  const megabytes = (/** @type {string} */ folder) => Number(sh(`du -smx ${q(folder)} | cut -f1`));
  sizes.push(`${name}: ${megabytes(image.folder)} MB, of it ${megabytes(BASE)} MB base`);
}
console.log(sizes.join('\n'));
