import { startStack } from './harness/stack.ts';
const t0 = Date.now();
const stack = await startStack({ config: 'e2e/fixtures/realtime.yaml' });
console.log('start', Date.now() - t0);
await new Promise((r) => setTimeout(r, 3000));
const t = Date.now();
await stack.stop();
console.log('stop', Date.now() - t);
process.exit(0);
