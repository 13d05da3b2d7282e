import type { DemoAnswers } from '../core/demo.ts';

/** A small mirror of an ecosystem, as `mirrorwatch demo` runs two of: one made-up module, and answers that are right by every hash. */
export interface SmallMirror {
  /** What it is a mirror of; left out: the ecosystem's public upstream. */
  readonly upstream?: string;
  /** The path of its base URL, such as `/simple`; empty: the root of its host. */
  readonly base: string;
  /** An entry of `modules.<id>`. */
  readonly module: unknown;
  /** Keys of the mirror that its ecosystem alone knows. */
  readonly mirrorKeys?: Readonly<Record<string, unknown>>;
  /** The ecosystem's own key of the file. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** What its first client has configured, the preferred mirror before the other; left out: as it has by itself. */
  chain?(near: string, far: string): string;
  /** The form of the remedy that is shown. */
  readonly form: string;
  readonly answer: DemoAnswers;
}
