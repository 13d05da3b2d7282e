#!/usr/bin/env node
import { replaceProcess, setEngine } from './cli/engine.ts';

if (process.argv[2] === 'run') replaceProcess();
// Name look-ups of the system resolver share libuv's few threads with file and zip work; the pool's size is read once,
// at its first use, so it is set before code that uses it is loaded.
process.env['UV_THREADPOOL_SIZE'] ??= '32';
setEngine(process.argv[2]);
const { main } = await import('./cli/main.ts');

process.exitCode = await main(process);
