/** A request to a small mirror of the demo, GET or HEAD. */
export interface DemoAsk {
  /** Of the URL, without its query. */
  readonly path: string;
  /** Of the header `accept`; empty where there is none. */
  readonly accept: string;
  /** The URL of the mirror itself, `http://127.0.0.1:port`: for responses with absolute URLs. */
  readonly origin: string;
}

/** The response, with status 200. */
export interface DemoAnswer {
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Besides content type and length. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The contents of a small mirror; `null`: no such path, status 404. */
export type DemoAnswers = (ask: DemoAsk) => DemoAnswer | null;
