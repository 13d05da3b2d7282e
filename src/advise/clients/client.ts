import type { Result } from '../../core/result.ts';
import type { Step } from '../../core/target.ts';

/** What stands behind a member of a chain: how tolerantly the client goes on from it. */
export type Separator = ',' | '|';

/** One entry of a client's chain. */
export interface ChainMember {
  readonly kind: 'url' | 'direct' | 'off';
  /** What members are compared by: scheme, host and path without user-info and trailing slash; the word for others. */
  readonly key: string;
  /** The text to paste: as the user wrote it, the scheme added, user-info taken out. */
  readonly plain: string;
  /** The text to show: like `plain`, with `***@` where user-info stood and query values masked. */
  readonly shown: string;
  readonly hasCredentials: boolean;
}

/** A parsed chain. `separators[i]` stands between member `i` and `i + 1`. */
export interface Chain {
  readonly members: readonly ChainMember[];
  readonly separators: readonly Separator[];
}

export type ChainProblem =
  | { readonly kind: 'empty' }
  | { readonly kind: 'reserved_word' | 'not_a_url'; readonly member: number };

/** What one member answered in one moment, as far as the client minds. Times are milliseconds. */
export type Reply =
  | { readonly tag: 'ok'; readonly tookMs: number }
  /** 404 or 410 on the wire, whatever lies behind it. */
  | { readonly tag: 'gone'; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly tookMs: number }
  /** Not measured in that moment. */
  | { readonly tag: 'unknown' };

/** How a walk ends; `at` is the index of the member it ended at. `unknown`: the walk met what we do not measure. */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/** What the checksum relay of one member is: `broken` offers and then fails. */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/** Lines to paste, by form, and what has to be said beside them. */
export interface Remedy {
  readonly remedy: Readonly<Record<string, string>>;
  readonly rollback: string;
  readonly notes: readonly string[];
}

/** How one ecosystem's client reads and walks its chain, and what its users paste. */
export interface ChainClient {
  readonly spec: readonly string[];
  /** The step that judges liveness there, as its file in probe/ecosystems declares it. */
  readonly canary: Step;
  /** The steps that make up one fetch by the client; the canary is one of them. */
  readonly fetch: readonly Step[];
  readonly parse: (chain: string) => Result<Chain, ChainProblem>;
  /** A whole walk in one moment. */
  readonly walk: (chain: Chain, replyOf: (member: ChainMember) => Reply) => WalkEnd;
  /** The relay that the client would settle on. */
  readonly relay: (chain: Chain, relayOf: (member: ChainMember) => RelayState) => RelayState;
  readonly remedy: (before: Chain, after: Chain, privatePatterns: readonly string[]) => Remedy;
  /** A member for a configured mirror. */
  readonly member: (url: string) => ChainMember;
}

/** A chain as text to show: credentials masked. */
export function shownChain(chain: Chain): string {
  return chain.members.map((member, i) => member.shown + (chain.separators[i] ?? '')).join('');
}
