/** What a small mirror of the demo is asked, by GET or HEAD. */
export interface DemoAsk {
  /** Of the URL, without its query. */
  readonly path: string;
  /** Of the header `accept`; empty where there is none. */
  readonly accept: string;
  /** Of the mirror itself, `http://127.0.0.1:port`: for answers that hold whole URLs. */
  readonly origin: string;
}

/** What it answers, with status 200. */
export interface DemoAnswer {
  readonly type: string;
  readonly body: string | Uint8Array;
  /** Beside those of type and length. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** All that a small mirror holds; `null`: nothing of that name, which is a 404. */
export type DemoAnswers = (ask: DemoAsk) => DemoAnswer | null;
