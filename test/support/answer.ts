import { STATUS_CODES } from 'node:http';

/** One request as a scripted server saw it. */
export interface SeenRequest {
  /** Counted from 0 over the life of the server. */
  readonly index: number;
  /** The connection it came on, counted from 0: equal for requests that shared one. */
  readonly connection: number;
  /** `performance.now()` when its head was complete, in ms. */
  readonly atMs: number;
  readonly method: string;
  /** As sent, percent-encoding and query included. */
  readonly target: string;
  /** Decoded, without query: `/github.com/!burnt!sushi/toml/@v/list`. */
  readonly path: string;
  /** Names in lower case; a repeated header's values joined with `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the TLS handshake; `null` in plain HTTP. */
  readonly tls: { readonly protocol: string; readonly servername: string; readonly clientName: string | null } | null;
  /** The kind of fault that answered, `null` where the true answer was given. */
  readonly fault: string | null;
}

/** An HTTP answer before framing. */
export interface Answer {
  readonly status: number;
  /** `content-length`, `date` and `connection` are added; `''` as a value leaves a header out. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A plain-text answer. */
export function text(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body: Buffer.from(body) };
}

/** The head's lines, each with its CRLF, without the empty line that ends it. */
export function headText(status: number, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ date: new Date().toUTCString(), ...headers }).filter(([, value]) => value !== '');
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Odd'}`,
    ...lines.map(([key, value]) => `${key}: ${value}`),
    '',
  ].join('\r\n');
}

/** The whole head of an answer that says its true length. */
export function fullHead(answer: Answer, bodyBytes = answer.body.length): string {
  const bodiless = answer.status === 204 || answer.status === 304;
  const length: Record<string, string> = bodiless ? {} : { 'content-length': `${bodyBytes}` };
  return `${headText(answer.status, { ...length, ...answer.headers })}\r\n`;
}
