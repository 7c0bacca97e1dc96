/**
 * `npx tsx bench/endurance/link-echo.ts [DELAY_MS] [LOSS]`: 300 datagrams over the bad link and back; prints
 * `{sent, roundTripsMs}`. Shows that this machine can have such a link, and what it does.
 */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { FarNetwork, isInside, NEAR_ADDRESS, rerunInside } from './far-network.ts';

const PORT = 7;
const COUNT = 300;
const [delayMs, lossRatio] = [Number(process.argv[2] ?? 50), Number(process.argv[3] ?? 0.1)];

/** Runs on the far side: sends, waits two seconds after the last one, prints the round trips. */
const far = `
  const socket = require('dgram').createSocket('udp4');
  const roundTrips = [];
  socket.on('message', (text) => roundTrips.push(performance.now() - Number(text)));
  let sent = 0;
  const timer = setInterval(() => {
    if (sent++ < ${COUNT}) return socket.send(String(performance.now()), ${PORT}, '${NEAR_ADDRESS}');
    clearInterval(timer);
    setTimeout(() => { console.log(JSON.stringify({ sent: ${COUNT}, roundTripsMs: roundTrips })); process.exit(); }, 2000);
  }, 5);`;

if (!isInside()) process.exit(await rerunInside());
const network = await FarNetwork.create(1);
await network.impair({ delayMs, lossRatio });
const echo = createSocket('udp4');
echo.on('message', (text, { port, address }) => echo.send(text, port, address));
await new Promise<void>((resolve) => echo.bind(PORT, resolve));
const [command = '', ...words] = network.enter;
const child = spawn(command, [...words, process.execPath, '-e', far], { stdio: 'inherit' });
await new Promise((resolve) => child.once('exit', resolve));
echo.close();
await network.close();
