import type { StreamEvent } from '../../event-stream.ts';

/** Whether advice comes while the daemon holds failures to be its own network's. */
export interface VantageWatch {
  /** @param events  of one life so far, from its first on @returns advice that must not be, each once */
  readonly take: (life: number, events: readonly StreamEvent[]) => readonly string[];
}

/** What was proposed before the vantage became suspect may stand; nothing new may be proposed until it is well. */
export function createVantageWatch(): VantageWatch {
  let now = { life: 0, read: 0, suspect: false };
  return {
    take(life, events) {
      if (life !== now.life) now = { life, read: 0, suspect: false };
      const fresh = events.slice(now.read);
      now.read = events.length;
      return fresh.flatMap(({ type, data }) => {
        if (type === 'vantage') now.suspect = data['suspect'] === true;
        if (type !== 'advice' || !now.suspect || data['change'] !== 'proposed') return [];
        return [`advice proposed while the vantage is suspect: ${JSON.stringify(data['advice'])}`];
      });
    },
  };
}
