import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';

/** An ecosystem's declarations as plain data. */
export interface Kind {
  readonly id: EcosystemId;
  /** `null`: the configuration must name an upstream. */
  readonly publicUpstream: string | null;
  readonly steps: readonly { readonly step: Step; readonly grain: 'version' | 'module' | 'mirror' }[];
  readonly canary: Step;
  /** Default version; `null`: none. */
  readonly newest: string | null;
  /** A module that can be probed without configuration; `null`: none. */
  readonly example: string | null;
  /** How users write a module with its version: `module@version`. */
  readonly expected: Sentence;
  /** The first one is the leading client by default. */
  readonly clients: readonly string[];
  readonly forms: readonly string[];
  /** Default forms of remedies by the `profile` of mirrors. */
  readonly profileForms: Readonly<Record<string, string>>;
  readonly variables: readonly string[];
}
