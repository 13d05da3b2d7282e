import type { EcosystemId } from './mirror.ts';
import type { Sentence } from './sentence.ts';
import type { Step } from './target.ts';

/** What those who do not read the registry are told of an ecosystem: plain data. */
export interface Kind {
  readonly id: EcosystemId;
  /** The upstream of those who name none; `null`: they must name theirs. */
  readonly publicUpstream: string | null;
  /** In the order in which they are asked. */
  readonly steps: readonly { readonly step: Step; readonly grain: 'version' | 'module' | 'mirror' }[];
  readonly canary: Step;
  /** The version of those who name none; `null`: without. */
  readonly newest: string | null;
  /** A module that may be asked for without a configuration; `null`: none is known. */
  readonly example: string | null;
  /** How a module at its version is written: `module@version`. */
  readonly expected: Sentence;
  /** Whose chains are modelled, the one that decides by default first. */
  readonly clients: readonly string[];
  /** Forms of the remedy of its clients. */
  readonly forms: readonly string[];
  /** A further form, the default one, by the `profile` of an upstream's mirrors; empty: profiles decide nothing. */
  readonly profileForms: Readonly<Record<string, string>>;
  /** The variables that their lines for a shell may set. */
  readonly variables: readonly string[];
}
