import type { ClientRequest } from 'node:http';

/** One server-sent event with its parsed data. */
export interface StreamEvent {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stream of events that is being read; all so far are kept. */
export interface EventStream {
  readonly all: readonly StreamEvent[];
  /** The first event, past or to come, that fits. Rejects after `forMs`. */
  readonly find: (fits: (event: StreamEvent) => boolean, forMs: number) => Promise<StreamEvent>;
  readonly close: () => void;
}

/**
 * The whole events in a piece of a stream, and what is left for the next piece. Comments and `retry` are left out.
 * @see the HTML standard, section 9.2.6
 */
export function parseEvents(text: string): { readonly events: readonly StreamEvent[]; readonly rest: string } {
  const blocks = text.split('\n\n');
  const rest = blocks.pop() ?? '';
  const events = blocks.flatMap((block) => {
    const field = (name: string): string | undefined =>
      block
        .split('\n')
        .find((line) => line.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const [type, data] = [field('event'), field('data')];
    return type === undefined || data === undefined
      ? []
      : [{ type, data: JSON.parse(data) as Readonly<Record<string, unknown>> }];
  });
  return { events, rest };
}

/** Reads the events that a request is answered with. */
export function eventsOf(request: ClientRequest): EventStream {
  const all: StreamEvent[] = [];
  const watchers = new Set<() => void>();
  let rest = '';
  request.on('response', (response) => {
    response.setEncoding('utf8');
    response.on('data', (text: string) => {
      const parsed = parseEvents(rest + text);
      rest = parsed.rest;
      all.push(...parsed.events);
      for (const watcher of [...watchers]) watcher();
    });
    response.on('error', () => undefined);
  });
  request.on('error', () => undefined);
  return {
    all,
    find: (fits, forMs) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = all.find(fits);
          if (found === undefined) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(found);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error('the event did not come'));
        }, forMs);
        watchers.add(look);
        look();
      }),
    close: () => void request.destroy(),
  };
}
