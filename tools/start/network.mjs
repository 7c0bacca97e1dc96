// @ts-check
// Addresses and ports of this machine.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { UserError } from './user-error.mjs';

/** Interfaces that other devices can rarely reach: containers, bridges, VPNs. */
const VIRTUAL_INTERFACE = /^(docker|br-|veth|virbr|vmnet|vboxnet|tun|tap|utun|tailscale|zt|wg)/;

/**
 * IPv4 addresses of this machine, loopback first.
 * @returns {{ address: string, interfaceName: string, loopback: boolean }[]}
 */
export function ownAddresses() {
  return Object.entries(networkInterfaces())
    .flatMap(([interfaceName, list]) =>
      (list ?? [])
        .filter(({ family }) => family === 'IPv4')
        .map(({ address, internal }) => ({ address, interfaceName, loopback: internal })),
    )
    .sort((a, b) => Number(b.loopback) - Number(a.loopback));
}

/**
 * Address under which browsers reach LiveKit: the chosen one, or for 0.0.0.0 the first of the local network.
 * @param {string} host
 * @returns {string}
 * @throws {UserError} for 0.0.0.0 on a machine without a network
 */
export function reachableAddress(host) {
  if (host !== '0.0.0.0') return host;
  const outward = ownAddresses().filter(({ loopback }) => !loopback);
  const best =
    outward.find(({ interfaceName }) => !VIRTUAL_INTERFACE.test(interfaceName)) ?? outward[0];
  if (!best)
    throw new UserError('--host 0.0.0.0: this machine has no network address; leave --host out.');
  return best.address;
}

/**
 * Address under which programs of this machine reach the page. 0.0.0.0 answers on loopback too; a single other address
 * does not.
 * @param {string} host
 * @returns {string}
 */
export function localAddress(host) {
  return host === '0.0.0.0' ? '127.0.0.1' : host;
}

/**
 * @typedef {object} NeededPort
 * @property {number} port
 * @property {'tcp' | 'udp'} protocol
 * @property {string} host address to be bound
 * @property {string} use what will listen there
 * @property {string} flag that moves it
 */

/**
 * Every port a start needs.
 * @param {import('./args.mjs').StartOptions} options
 * @returns {NeededPort[]}
 */
export function neededPorts({ host, pagePort, livekitPort, rtcTcpPort, rtcUdpPort, agentPort }) {
  const livekit = { host, flag: '--livekit-port' };
  return [
    { port: pagePort, protocol: 'tcp', host, use: 'the page', flag: '--port' },
    { port: livekitPort, protocol: 'tcp', use: 'LiveKit', ...livekit },
    { port: rtcTcpPort, protocol: 'tcp', use: "LiveKit's media over TCP", ...livekit },
    { port: rtcUdpPort, protocol: 'udp', use: "LiveKit's media over UDP", ...livekit },
    { port: agentPort, protocol: 'tcp', host: '127.0.0.1', use: 'the agent', flag: '--agent-port' },
  ];
}

/**
 * Those of the ports that cannot be bound, each as a line that names the port and the cure.
 * @param {NeededPort[]} ports
 * @returns {Promise<string[]>}
 */
export async function portProblems(ports) {
  const lines = await Promise.all(
    ports.map(async ({ port, protocol, host, use, flag }) => {
      const code = await (protocol === 'tcp' ? tryTcp(host, port) : tryUdp(host, port));
      if (!code) return undefined;
      const why =
        { EADDRINUSE: 'is in use', EACCES: 'needs administrator rights' }[code] ??
        `cannot be bound (${code})`;
      const other = port < 1024 ? port + 8000 : port + 10;
      return `Port ${port}/${protocol} for ${use} ${why}. Stop the program that holds it, or choose another: npm start -- ${flag} ${flag === '--livekit-port' ? 7980 : other}`;
    }),
  );
  return lines.filter((line) => line !== undefined);
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string | undefined>} error code
 */
function tryTcp(host, port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      resolve(error.code ?? error.message),
    );
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

/**
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string | undefined>} error code
 */
function tryUdp(host, port) {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      resolve(error.code ?? error.message),
    );
    socket.bind({ address: host, port, exclusive: true }, () =>
      socket.close(() => resolve(undefined)),
    );
  });
}
