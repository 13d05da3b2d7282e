import { limits } from '../core/limits.ts';
import { type DaemonAt, prepareAccess } from './daemon-access.ts';
import { openClient } from './exchange.ts';

export interface EventReader {
  opened(): void;
  event(type: string, data: string): void;
  /** Called once, when the stream has ended. `why` is an error code or a few words. */
  ended(why: string): void;
}

/**
 * Reads a daemon's server-sent events until the stream ends, is closed, is silent for `limits.eventSilentMs`, or has an event
 * longer than `limits.eventChars`.
 */
export function openEvents(at: DaemonAt, path: string, reader: EventReader): { close(): void } {
  const stop = new AbortController();
  readStream(at, path, reader, stop.signal).then(
    () => reader.ended('ended'),
    (cause: NodeJS.ErrnoException) => reader.ended(cause.code ?? cause.message),
  );
  return { close: () => stop.abort() };
}

async function readStream(at: DaemonAt, path: string, reader: EventReader, signal: AbortSignal): Promise<void> {
  const access = await prepareAccess(at, { method: 'GET', path }, limits.eventSilentMs);
  const url = new URL(access.url);
  const client = await openClient(url, access, limits.eventSilentMs);
  try {
    const { headers: own } = access;
    const wanted = { path: `${url.pathname}${url.search}`, method: 'GET', headers: own, signal } as const;
    const { statusCode: status, headers, body } = await client.request(wanted);
    if (status !== 200) throw new Error(`status ${status}`);
    access.verify({ status, headers }, null);
    reader.opened();
    const text = new TextDecoder();
    const taken = new EventLines(reader);
    for await (const piece of body) taken.take(text.decode(piece as Buffer, { stream: true }));
  } finally {
    await client.destroy();
  }
}

/** Assembles events from pieces of a stream, in linear time. */
export class EventLines {
  readonly #reader: EventReader;
  #lines: string[] = [];
  #line = '';
  #chars = 0;

  constructor(reader: EventReader) {
    this.#reader = reader;
  }

  /** Adds a piece of the stream. @throws Error if an event is longer than `limits.eventChars` */
  take(text: string): void {
    for (const [at, part] of text.split('\n').entries()) {
      if (at > 0) this.#endLine();
      this.#line += part;
      this.#chars += part.length;
      if (this.#chars > limits.eventChars) throw new Error('an event that is too long');
    }
  }

  #endLine(): void {
    if (this.#line !== '') {
      this.#lines.push(this.#line);
      this.#line = '';
      return;
    }
    const lines = this.#lines;
    this.#lines = [];
    this.#chars = 0;
    passEvent(lines, this.#reader);
  }
}

function passEvent(lines: readonly string[], reader: EventReader): void {
  const fields = new Map(lines.map((line) => [line.split(':', 1)[0], line.replace(/^\w+: ?/, '')]));
  const [type, data] = [fields.get('event'), fields.get('data')];
  if (type !== undefined && data !== undefined) reader.event(type, data);
}
