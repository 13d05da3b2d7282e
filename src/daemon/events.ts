import type { DaemonEvent } from '../api/deps.ts';

/** Listeners to events, called after the commit. A listener that throws is removed. */
export interface Events {
  emit(type: DaemonEvent['type'], atMs: number, data: unknown): void;
  subscribe(listener: (event: DaemonEvent) => void): () => void;
}

/** A plain fan-out; slow readers are limited by the event stream (api/). */
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
