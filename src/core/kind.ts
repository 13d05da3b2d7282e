import type { EcosystemId, Step } from './mirror.ts';
import type { Sentence } from './result.ts';

/** An ecosystem as plain data, for code that does not read the registry. */
export interface Kind {
  readonly id: EcosystemId;
  /** `null`: the configuration must name an upstream. */
  readonly publicUpstream: string | null;
  /** In the order in which a client requests them. */
  readonly steps: readonly { readonly step: Step; readonly grain: 'version' | 'module' | 'mirror' }[];
  readonly canary: Step;
  /** The default version; `null`: none. */
  readonly newest: string | null;
  /** A module that can be probed without configuration; `null`: none is known. */
  readonly example: string | null;
  /** The form of a module with its version: `module@version`. */
  readonly expected: Sentence;
  /** The first one decides by default. */
  readonly clients: readonly string[];
  /** Forms of its clients' remedies. */
  readonly forms: readonly string[];
  /** Default forms by the `profile` of mirrors; empty: profiles do not matter. */
  readonly profileForms: Readonly<Record<string, string>>;
  /** Variables that the shell lines of a remedy may set. */
  readonly variables: readonly string[];
}
