import type { OciContext } from './context.ts';

/** One conversation with what it may remember: of its own asks always, of earlier ones where the context has a memory. */
export interface Session {
  readonly context: OciContext;
  recall(key: string): string | null;
  keep(key: string, text: string, forMs: number): void;
}

/** Begins a conversation. */
export function openSession(context: OciContext): Session {
  const own = new Map<string, string>();
  const { memory, nowWallMs } = context;
  return {
    context,
    recall: (key) => own.get(key) ?? memory?.get(key, nowWallMs) ?? null,
    keep(key, text, forMs) {
      own.set(key, text);
      memory?.keep(key, text, nowWallMs + forMs);
    },
  };
}
