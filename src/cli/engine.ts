import { setFlagsFromString } from 'node:v8';

/** Commands whose start time matters more than their memory: they keep V8's defaults. */
const brief = new Set(['init', 'check', 'probe', 'rank', 'advice', 'doctor', 'explain', 'replay', 'demo']);

export function setEngine(command = ''): void {
  if (command === 'door') preferQuick();
  else if (!brief.has(command)) {
    preferSmall();
    compileOnDemand();
  }
}

/**
 * How long the load at the start is ignored. A start takes about 1.5 s of CPU time, longer on a busy machine, and shows
 * nothing about the later load.
 */
const startMs = 10_000;
const everyMs = 1_000;
/** The share of a core that a calm daemon may take, and the CPU time above it that switches the compilers on. */
const calmShare = 0.1;
const excessMsMax = 1_000;

/**
 * Switches V8's optimizing compilers off until they pay. Their code, zones and pages of Node's file take 20 MB, and
 * they save a calm daemon only a few milliseconds of CPU time a second. A second of full load, or a few seconds of half
 * load, switches them on for good (docs/decisions/0157-compilers-on-demand.md).
 */
function compileOnDemand(): void {
  for (const flag of ['--no-opt', '--no-maglev']) setFlagsFromString(flag);
  const load = createLoad();
  const timer = setInterval(() => {
    const { user, system } = process.cpuUsage();
    if (!load(process.uptime() * 1_000, (user + system) / 1_000)) return;
    clearInterval(timer);
    for (const flag of ['--opt', '--maglev']) setFlagsFromString(flag);
  }, everyMs);
  timer.unref();
}

/**
 * Creates a test of the load. Each call takes the time and the CPU time so far, milliseconds since the start, and
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
 * Starts the daemon's program anew, in this process, with bounds for memory that glibc keeps: it reads them from the
 * environment of a new program only. By itself it has 8 arenas for each core, and each thread leaves garbage in one.
 * Does nothing where a bound is set, where another process speaks to this one, or where Node cannot (before 22.15).
 */
export function replaceProcess(): void {
  const { platform, env, channel, execPath, execArgv, argv } = process;
  if (platform !== 'linux' || channel != null || env['MALLOC_ARENA_MAX'] !== undefined) return;
  const bounds = { MALLOC_ARENA_MAX: '2', MALLOC_TRIM_THRESHOLD_: '131072' };
  process.execve?.(execPath, [execPath, ...execArgv, ...argv.slice(1)], { ...bounds, ...env });
}

/** Sets V8 flags that save memory and CPU time (docs/decisions/0023-memory.md and 0055-one-thread-collects.md). */
function preferSmall(): void {
  // Young generations keep their initial size. `--optimize-for-size` would save 7 MB more for 11 % of CPU time.
  setFlagsFromString('--semi-space-growth-factor=1');
  // A young generation of 1 MB is collected in a millisecond: waking helper threads costs more than they save.
  setFlagsFromString('--no-parallel-scavenge');
  // The old generation is collected after growing by a quarter instead of half and more: a tenth less memory at
  // 15 000 targets, and as many collections in a probing thread.
  setFlagsFromString('--heap-growing-percent=25');
}

/**
 * Sets V8 flags for the front door. A larger young generation is collected less often, and clients wait during each
 * collection (docs/decisions/0075-memory-of-the-door.md).
 */
function preferQuick(): void {
  setFlagsFromString('--min-semi-space-size=16');
  // On one core, helper threads of the collector only take CPU time away from the thread that sends responses.
  setFlagsFromString('--single-threaded-gc');
}
