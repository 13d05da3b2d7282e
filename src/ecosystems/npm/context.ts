import type { ProbeContext } from '../../core/ports.ts';
import type { SigningKey } from './signing-keys.ts';

/** What the file says of npm as a whole. */
export interface NpmSettings {
  /** Of the public registry, by the operator's file; `null`: its origin is asked for them. */
  readonly keys: readonly SigningKey[] | null;
}

/** What npm's conversations need to know beside the base URL and pinned hashes. */
export interface NpmOwn {
  /** Host names beside the mirror's own that its packuments may lead to, lower-case, without ports. */
  readonly tarballHosts: readonly string[];
  /** Trusted keys of the upstream: of the operator's file or of its origin, never of a mirror; absent: none is at hand. */
  readonly keys?: readonly SigningKey[];
  /** The mirror is its upstream's origin: what it lists as keys is believed. */
  readonly isOrigin?: boolean;
  /** It is a mirror of the public registry, or that itself: what is signed there is pinned everywhere. */
  readonly isPublic?: boolean;
}

/** The context of a conversation with an npm registry. */
export type NpmContext = ProbeContext<NpmOwn>;
