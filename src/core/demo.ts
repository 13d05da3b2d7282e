/** A request to a small mirror of the demo, GET or HEAD. */
export interface DemoAsk {
  /** The path of the URL, without its query. */
  readonly path: string;
  /** The value of the header `accept`; empty: there is none. */
  readonly accept: string;
  /** The URL of the mirror itself, `http://127.0.0.1:port`: for responses with absolute URLs. */
  readonly origin: string;
}

/** The response, with status 200. */
export interface DemoAnswer {
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Response headers besides content type and length. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The contents of a small mirror; `null`: no such path, status 404. */
export type DemoAnswers = (ask: DemoAsk) => DemoAnswer | null;
