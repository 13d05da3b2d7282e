import type { SmallMirror } from './ecosystem.ts';

/** The file `demo.json` of an ecosystem: its small mirror as data. */
export interface DemoData extends Omit<SmallMirror, 'chain' | 'respond'> {
  /** The chain of the ecosystem's first client; `{near}` and `{far}` stand for the URLs of the two mirrors. */
  readonly chain?: string;
  /** The first response that matches the path and the header `Accept` is returned. */
  readonly responses: readonly DemoEntry[];
}

interface DemoEntry {
  readonly path: string;
  /** The header `Accept` must contain this media type; absent: the header does not matter. */
  readonly accept?: string;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The body as text; `{origin}` stands for `DemoRequest.origin`. */
  readonly text?: string;
  /** The body as base64, if there is no `text`. */
  readonly base64?: string;
}

/** Builds the small mirror that the data describe. */
export function buildSmallMirror({ chain, responses, ...rest }: DemoData): SmallMirror {
  return {
    ...rest,
    ...(chain && { chain: (near, far) => chain.replace('{near}', near).replace('{far}', far) }),
    respond({ path, accept, origin }) {
      const found = responses.find((one) => one.path === path && accept.includes(one.accept ?? ''));
      if (found === undefined) return null;
      const { type, headers = {}, text, base64 = '' } = found;
      return { type, headers, body: text?.replaceAll('{origin}', origin) ?? Buffer.from(base64, 'base64') };
    },
  };
}
