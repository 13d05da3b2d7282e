import { limits } from '../core/limits.ts';

/** What is told of a stream of server-sent events. */
export interface EventReader {
  /** The stream is open: what happens from now on is told. */
  opened(): void;
  event(type: string, data: string): void;
  /** It has ended, once; `why` is a code or a few words. */
  ended(why: string): void;
}

/**
 * Reads one stream of server-sent events until it ends, by itself, by `close`, or by silence longer than `limits.eventSilentMs`.
 * It is not opened again. An event longer than `limits.eventChars` ends it.
 * @returns the way to end it
 */
export function openEvents(
  ask: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  reader: EventReader,
): { close(): void } {
  const stop = new AbortController();
  readStream(ask, reader, stop.signal).then(
    () => reader.ended('ended'),
    (cause: NodeJS.ErrnoException) => reader.ended(cause.code ?? cause.message),
  );
  return { close: () => stop.abort() };
}

async function readStream(
  ask: { readonly url: string; readonly headers: Readonly<Record<string, string>> },
  reader: EventReader,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(ask.url);
  const { Client } = await import('undici');
  const client = new Client(url.origin, {
    allowH2: false,
    headersTimeout: limits.eventSilentMs,
    bodyTimeout: limits.eventSilentMs,
  });
  try {
    const path = `${url.pathname}${url.search}`;
    const { statusCode, body } = await client.request({ path, method: 'GET', headers: ask.headers, signal });
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
    reader.opened();
    let rest = '';
    const text = new TextDecoder();
    for await (const piece of body) {
      rest += text.decode(piece as Buffer, { stream: true });
      const events = rest.split('\n\n');
      rest = events.pop() ?? '';
      if (rest.length > limits.eventChars) throw new Error('an event that is too long');
      for (const one of events) tellEvent(one, reader);
    }
  } finally {
    await client.destroy();
  }
}

function tellEvent(text: string, reader: EventReader): void {
  const fields = new Map(text.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w+: ?/, '')]));
  const [type, data] = [fields.get('event'), fields.get('data')];
  if (type !== undefined && data !== undefined) reader.event(type, data);
}
