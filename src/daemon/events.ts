import type { DaemonEvent } from '../api/deps.ts';

/** Who listens to what happens, told after the commit. A listener that throws is dropped. */
export interface Events {
  emit(type: DaemonEvent['type'], atMs: number, data: unknown): void;
  subscribe(listener: (event: DaemonEvent) => void): () => void;
}

/** A plain fan-out; bounds on slow readers are the event stream's own business (api/). */
export function createEvents(): Events {
  const listeners = new Set<(event: DaemonEvent) => void>();
  return {
    emit(type, atMs, data) {
      for (const listener of listeners) {
        try {
          listener({ type, atMs, data });
        } catch {
          listeners.delete(listener);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
