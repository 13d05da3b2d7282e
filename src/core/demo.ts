/** A GET or HEAD request to a demo mirror. */
export interface DemoRequest {
  /** The path of the URL, without the query. */
  readonly path: string;
  /** The value of the header `Accept`; empty: the header is missing. */
  readonly accept: string;
  /** The base of absolute URLs in responses: `http://127.0.0.1:port`. */
  readonly origin: string;
}

/** A response with status 200. */
export interface DemoResponse {
  readonly type: string;
  readonly body: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Computes the response of a demo mirror; `null`: status 404. */
export type DemoResponder = (request: DemoRequest) => DemoResponse | null;
