import type { ProbeContext } from '../../core/ports.ts';
import type { SigningKey } from './signing-keys.ts';

/** The key `npm` of the file. */
export interface NpmSettings {
  /** Signing keys of the public registry from the operator's file; `null`: they are requested from its origin. */
  readonly keys: readonly SigningKey[] | null;
}

/** The inputs of npm's conversations besides the base URL and pinned hashes. */
export interface NpmOwn {
  /** Further host names that its packuments may point to: lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream, from the operator's file or its origin, never from a mirror; absent: none known. */
  readonly keys?: readonly SigningKey[];
  /** The mirror is its upstream's origin: the keys that it lists are trusted. */
  readonly isOrigin?: boolean;
  /** It is the public registry or a mirror of it: versions signed there are pinned for all such mirrors. */
  readonly isPublic?: boolean;
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;
