import { setFlagsFromString } from 'node:v8';

/**
 * V8 flags of this process and every thread of it, for memory (docs/decisions/0023-memory.md). They hold for what is
 * loaded afterwards.
 */
export function preferSmall(): void {
  // The main thread's young generation stays small, and code is not made larger for speed.
  setFlagsFromString('--optimize-for-size');
  // undici's parser is compiled once: a second, faster time takes 24 MB for a moment, most of which is never given back.
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}
