import type { Mirror } from '../core/mirror.ts';
import type { Result } from '../core/result.ts';
import type { Sentence } from '../core/sentence.ts';
import type { Step } from '../core/target.ts';
import type { HttpProtocol } from '../core/transcript.ts';
import type { Bypass } from './bypass.ts';

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
  | { readonly tag: 'gone'; readonly tookMs: number; readonly status?: number | null }
  /** `status` as on the wire, for clients that tell them apart; `null` or absent: no head came. */
  | {
      readonly tag: 'failed';
      readonly tookMs: number;
      readonly status?: number | null;
      /** The head came, and not all of the body. */
      readonly isCut?: boolean;
      /** The rest did not come within the probe's timeout, or HTTP/2 has it sent again and again: some clients go on without a limit. */
      readonly isHung?: boolean;
      /** The head of an artifact or of its metadata came: some clients ask no other mirror for it then. */
      readonly isArtifact?: boolean;
    }
  /** Not measured in that moment. */
  | { readonly tag: 'unknown' };

/** How a walk ends; `at` is the index of the member it ended at. `unknown`: the walk met what we do not measure. */
export type WalkEnd =
  | { readonly tag: 'ok'; readonly at: number; readonly tookMs: number }
  | { readonly tag: 'failed'; readonly at: number }
  | { readonly tag: 'unknown'; readonly at: number };

/** What a relay of one member is: `broken` offers and then fails. */
export type RelayState = 'offers' | 'none' | 'broken' | 'unknown';

/** A second service that a client reaches through its mirrors, which some of them do not relay: Go's checksum database. */
export interface Relay {
  /** For people: the checksum database. */
  readonly title: Sentence;
  /** The step that tells whether a mirror relays it: `notOffered` among its facts is none. */
  readonly step: Step;
  /** `off`: clients do without; `direct`: they reach it past their mirrors; `relayed`: a chain that had a relay must keep one. */
  need(settings: unknown): 'off' | 'direct' | 'relayed';
  /** The relay that the client would settle on. */
  settle(chain: Chain, relayOf: (member: ChainMember) => RelayState): RelayState;
}

/** Lines to paste, by form, and what has to be said beside them. */
export interface Remedy {
  /** By form, the first one for people. `json`: the same for programs. */
  readonly remedy: Readonly<Record<string, string>>;
  /** The lines that go back, or why they have to be set by hand. */
  readonly rollback: string | Sentence;
  /** A text that the catalogue does not have is in English alone. */
  readonly notes: readonly (Sentence | string)[];
}

/** Whose mirrors a remedy is for; what is absent is not known. */
export interface Served {
  readonly upstream?: string;
  readonly mirrors?: readonly Mirror[];
}

/** What Go's HTTP client and others offer: HTTP/2 where the server takes it. */
export const offersHttp2: readonly HttpProtocol[] = ['2', '1.1'];
export const offersHttp1: readonly HttpProtocol[] = ['1.1'];

/** How one client of an ecosystem reads and walks its chain, and what its users paste. */
export interface Client {
  /** `go`, `pip`, `uv`: lower-case letters and digits; names it where an ecosystem has several. */
  readonly id: string;
  /** The name of what asks a mirror, where the mirror's own keys say it: `cargo`; absent or `null`: its id. */
  nameAt?(mirror: Mirror): string | null;
  readonly spec: readonly string[];
  /** Description of its chain as a key of the file, and what is expected of one. */
  readonly describes: string;
  readonly expected: Sentence;
  /** Reads a chain as the client does. */
  parse(chain: string): Result<Chain, ChainProblem>;
  /** What was expected of a chain that an operator writes; `null`: it is fine. Stricter than `parse`: a typo is no mirror. */
  mistake(chain: string): Sentence | null;
  /** What clients have where nobody declares it. `url`: of the preferred mirror; `null`: there is none. Empty: no chain. */
  usual(url: string | null): string;
  /** A member for a configured mirror. */
  member(url: string): ChainMember;
  /** A whole walk in one moment: what the client's rules make of the raw statuses. */
  walk(chain: Chain, replyOf: (member: ChainMember) => Reply): WalkEnd;
  /**
   * The chain with `to` first that the client can have, without the members in `dropped` (by key). Absent: the others stay
   * behind `to` in their order and the tail stays, as docs/decisions/0002 has it.
   */
  headed?(chain: Chain, to: ChainMember, dropped: ReadonlySet<string>): Chain;
  readonly relay?: Relay;
  /**
   * The HTTP versions that it offers a mirror in ALPN, the preferred one first: found by running it.
   * @see test/real/offered-protocols.test.ts
   */
  protocols(mirror: Mirror): readonly HttpProtocol[];
  /** What makes it speak HTTP/1.1 alone to a mirror; absent or `null`: it has nothing of that kind. */
  withoutHttp2?(mirror: Mirror): Bypass | null;
  /** The forms of its remedy that the API offers beside `json`, of the closed list of design.md section 4.3. */
  readonly forms: readonly string[];
  /** A further form by the `profile` of its mirrors, where that decides whose lines they are. */
  readonly profileForms?: Readonly<Record<string, string>>;
  /** The variables that its lines for a shell may set. */
  readonly variables: readonly string[];
  /** `of`: whose mirrors they are, for files that name it and for what the mirrors' own keys say of the client. */
  remedy(before: Chain, after: Chain, privatePatterns: readonly string[], of?: Served): Remedy;
}

/** A chain as text to show: credentials masked. */
export function shownChain(chain: Chain): string {
  return chain.members.map((member, i) => member.shown + (chain.separators[i] ?? '')).join('');
}

/** The URL members of a chain by key. */
export function urlKeys(chain: Chain): readonly string[] {
  return chain.members.filter(({ kind }) => kind === 'url').map(({ key }) => key);
}
