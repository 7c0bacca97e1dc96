// @ts-check
// Entry of `npm start`. Plain old syntax until the version is known: an older Node must get a sentence, not a SyntaxError.
import process from 'node:process';

const MIN_MAJOR = 20;
const MIN_MINOR = 19;

const parts = process.versions.node.split('.').map(Number);
const major = parts[0] || 0;
const minor = parts[1] || 0;
if (major < MIN_MAJOR || (major === MIN_MAJOR && minor < MIN_MINOR)) {
  console.error(
    'Node ' +
      process.versions.node +
      ' is too old: ' +
      MIN_MAJOR +
      '.' +
      MIN_MINOR +
      ' or newer is needed. Get it from https://nodejs.org.',
  );
  process.exit(1);
}
import('./start/run.mjs').then(function (module) {
  return module.run(process.argv.slice(2)).then(function (code) {
    process.exit(code);
  });
});
