/** A request to a mirror of the demo, GET or HEAD. */
export interface DemoAsk {
  /** Of the URL, without the query. */
  readonly path: string;
  /** The header; empty: none. */
  readonly accept: string;
  /** `http://127.0.0.1:port`, for absolute URLs in responses. */
  readonly origin: string;
}

/** The response, with status 200. */
export interface DemoAnswer {
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Response headers besides content type and length. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The contents of a mirror; `null`: status 404. */
export type DemoAnswers = (ask: DemoAsk) => DemoAnswer | null;
