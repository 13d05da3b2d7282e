import type { Config } from '../../core/config.ts';
import type { Finding, FindingKind } from '../../core/finding.ts';
import type { Now } from '../../core/ports.ts';
import type { Sample } from '../../core/sample.ts';
import type { Standing } from '../../core/standing.ts';
import type { Target } from '../../core/target.ts';
import type { ControlMemory, MirrorMemory, SeriesMemory } from '../mirror-memory.ts';
import type { Says } from '../rules/says.ts';

/** What a kind may read beside its own state. */
export interface View {
  readonly now: Now;
  readonly config: Config;
  readonly mirrors: ReadonlyMap<string, MirrorMemory>;
  readonly targets: ReadonlyMap<string, Target>;
  readonly controls: ReadonlyMap<string, ControlMemory>;
  /** Open findings by id. */
  readonly open: ReadonlyMap<string, Finding>;
}

/** One settled sample, and what may be read to judge it. */
export interface Judged {
  readonly view: View;
  readonly mirror: MirrorMemory;
  readonly series: SeriesMemory;
  readonly sample: Sample;
  /** A pull-through cache's first fetch: it says nothing about speed. */
  readonly isCold: boolean;
  /** Its connection is the one that the mirror is judged by. */
  readonly isPrimary: boolean;
}

/** What a kind makes of one input. What is absent stays as it is. */
export interface Step<M> {
  /** The next state of the kind for this mirror. */
  readonly mirror?: M | undefined;
  readonly says?: Says;
  /** The row of the mirror has news: it is written within a minute. */
  readonly isDirty?: boolean;
}

/** A stored row as it was read: any process may have written it. */
export type StoredRow = Readonly<Record<string, unknown>>;

/**
 * One kind of finding, or one story of a kind: the state that it keeps, the rows of that state, and what it makes of each
 * input. Everything that is particular to the kind stands here; the engine carries out what it returns.
 * @see docs/decisions/0060-findings-by-kind.md
 */
export interface FindingRule<M = unknown> {
  /** Unique; the place of its state. */
  readonly name: string;
  readonly kind: FindingKind;
  /** The state of a mirror of which nothing is known. */
  readonly none: () => M;
  /** Judges one settled sample. `null`: it says nothing to this kind. */
  take?(own: M, judged: Judged): Step<M> | null;
  /** The fields of the mirror's row that keep its state. */
  write?(own: M): StoredRow;
  /** The state that these fields name; `null`: none. */
  read?(row: StoredRow): M | null;
  /** What it adds to the state of a mirror that is shown. */
  shows?(own: M): Partial<Pick<Standing, 'certificate'>>;
}

/** The state that a kind keeps for a mirror, made when it is first read. */
export function stateOf<M>({ name, none }: Pick<FindingRule<M>, 'name' | 'none'>, { states }: MirrorMemory): M {
  if (!states.has(name)) states.set(name, none());
  return states.get(name) as M;
}
