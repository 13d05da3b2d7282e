import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';

/**
 * The environment variables that a remedy may set, each with a test of its values. A value that passes points a client
 * at a mirror; it does not turn off the verification of what the mirror serves.
 */
export type Variables = Readonly<Record<string, (value: string) => boolean>>;

/** An ecosystem's declarations. */
export interface Kind {
  readonly id: EcosystemId;
  /**
   * The public upstream, the default for mirrors without the key `upstream`; `null`: the configuration must name one.
   */
  readonly publicUpstream: string | null;
  readonly steps: readonly { readonly step: Step; readonly grain: 'version' | 'module' | 'mirror' }[];
  readonly canary: Step;
  /** The version (such as `latest`) that is used if a module is given without a version; `null`: there is none. */
  readonly newest: string | null;
  /** A module that can be probed without configuration; `null`: none. */
  readonly example: string | null;
  /** How users write a module with its version: `module@version`. */
  readonly expected: Sentence;
  readonly forms: readonly string[];
  /** The default snippet format of a remedy, by the `profile` of a mirror (`debian`, `alpine`). */
  readonly profileForms: Readonly<Record<string, string>>;
  /** The environment variables that a remedy may set. */
  readonly variables: Variables;
}
