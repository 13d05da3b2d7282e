#!/usr/bin/env node
import { replaceProcess, setEngine } from './cli/engine.ts';
import { checkNode } from './cli/node-version.ts';

const refused = checkNode(process.versions.node);
if (refused !== null) {
  process.stderr.write(`${refused}\n`);
  process.exit(2);
}
if (process.argv[2] === 'run') replaceProcess();
// The system resolver's look-ups share libuv's thread pool with file and zip work, so the default of 4 threads is too
// few. libuv reads the size once, at the first use of the pool. So it is set before other code is loaded.
process.env['UV_THREADPOOL_SIZE'] ??= '32';
setEngine(process.argv[2]);
const { main } = await import('./cli/main.ts');

process.exitCode = await main(process);
