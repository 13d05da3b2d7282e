import { setFlagsFromString } from 'node:v8';

/** Commands that keep V8's defaults, because a fast start matters more for them than memory. */
const brief = new Set(['init', 'check', 'probe', 'rank', 'advice', 'doctor', 'explain', 'replay', 'demo']);

export function setEngine(command = ''): void {
  if (command === 'door') preferQuick();
  else if (!brief.has(command)) {
    preferSmall();
    compileOnDemand();
  }
}

/**
 * CPU load within this time after the start of the process is ignored, milliseconds. The start takes about 1.5 s of CPU
 * time, longer on a busy machine, and does not show the later load.
 */
const startMs = 10_000;
const everyMs = 1_000;
/**
 * `calmShare`: the fraction of a core that a calm daemon may use. `excessMsMax`: the CPU time beyond this fraction,
 * milliseconds, that switches the compilers on.
 */
const calmShare = 0.1;
const excessMsMax = 1_000;

/**
 * Switches V8's optimizing compilers off until the load makes them worth their memory. They take 20 MB (compiled code,
 * working memory, and pages of Node's program file), and save a calm daemon only a few milliseconds of CPU time a
 * second. After a second of full load, or a few seconds of half load, they are switched on and stay on
 * (docs/decisions/0023-less-memory-by-flags-and-late-threads.md). A response that takes much CPU time switches them on too
 * (src/io/worker.ts).
 */
function compileOnDemand(): void {
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  const load = createLoad();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (!load(process.uptime() * 1_000, (user + system) / 1_000)) return;
    clearInterval(timer);
    startCompilers();
  }, everyMs);
  timer.unref();
}

/** Switches V8's optimizing compilers on, for all threads. */
export function startCompilers(): void {
  for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
}

/**
 * Creates a function that detects load. Its arguments are the time and the CPU time since the start, milliseconds. It
 * returns true when the load is no longer calm.
 */
export function createLoad(): (nowMs: number, spentMs: number) => boolean {
  let before: { readonly nowMs: number; readonly spentMs: number } | null = null;
  let excessMs = 0;
  return (nowMs, spentMs) => {
    if (before !== null) {
      const calmMs = (nowMs - before.nowMs) * calmShare;
      excessMs = Math.max(0, excessMs + spentMs - before.spentMs - calmMs);
    }
    if (nowMs >= startMs) before = { nowMs, spentMs };
    return excessMs > excessMsMax;
  };
}

/**
 * Starts the program again in the same process, with limits for the unused memory that glibc keeps. glibc reads these
 * limits from the environment only at the start of a program. Without them, it has 8 arenas (heaps) for each core, and
 * each thread leaves unused memory in an arena. Does nothing outside Linux, or if MALLOC_ARENA_MAX is set. The same
 * holds if a parent process has an IPC channel to this one, or if Node cannot do it (before 22.15).
 */
export function replaceProcess(): void {
  const { platform, env, channel, execPath, execArgv, argv } = process;
  if (platform !== 'linux' || channel != null || env['MALLOC_ARENA_MAX'] !== undefined) return;
  const bounds = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...bounds, ...env });
}

/** Sets V8 flags that save memory and CPU time (docs/decisions/0023-less-memory-by-flags-and-late-threads.md). */
function preferSmall(): void {
  // The young generation keeps its initial size. `--optimize-for-size` would save 7 MB more and cost 11 % of CPU time.
  setFlagsFromString('--semi-space-growth-factor=1');
  // Collecting a young generation of 1 MB takes a millisecond, so waking helper threads costs more than it saves.
  setFlagsFromString('--no-parallel-scavenge');
  // The old generation is collected after it grew by a quarter, not by half or more. With 15 000 targets this takes a
  // tenth less memory, and a probing thread does not collect more often.
  setFlagsFromString('--heap-growing-percent=25');
}

/**
 * Sets V8 flags for the front door. A larger young generation is collected less often, and each collection delays
 * clients (docs/decisions/0023-less-memory-by-flags-and-late-threads.md).
 */
function preferQuick(): void {
  setFlagsFromString('--min-semi-space-size=16');
  // On one core, the collector's helper threads only take CPU time away from the thread that sends responses.
  setFlagsFromString('--single-threaded-gc');
}
