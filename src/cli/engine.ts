import { setFlagsFromString } from 'node:v8';

/**
 * V8 flags of this process and every thread of it, for memory (docs/decisions/0023-memory.md) and for CPU
 * (docs/decisions/0055-one-thread-collects.md). They hold for what is loaded afterwards.
 */
export function preferSmall(): void {
  // Young generations stay as small as they begin. `--optimize-for-size` would save 7 MB more for 11 % of CPU time.
  setFlagsFromString('--semi-space-growth-factor=1');
  // A young generation of 1 MB is collected in a millisecond: waking helpers for it costs more than they save.
  setFlagsFromString('--no-parallel-scavenge');
  // The old generation is collected when it has grown by a quarter, and not by half and more: a tenth less at 15 000 targets, as many
  // collections in a probing thread.
  setFlagsFromString('--heap-growing-percent=25');
}
