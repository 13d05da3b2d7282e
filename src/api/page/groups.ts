import type { Config } from '../../core/config.ts';
import type { EcosystemId, Mirror } from '../../core/mirror.ts';

/** Mirrors of one upstream. */
export interface Group {
  readonly ecosystem: EcosystemId;
  readonly upstream: string;
  readonly mirrors: readonly Mirror[];
}

/** The mirrors of each upstream, those of one ecosystem together, in the order of the file. */
export function groupsOf({ mirrors }: Pick<Config, 'mirrors'>): readonly Group[] {
  const ecosystems = Map.groupBy(mirrors, ({ ecosystem }) => ecosystem);
  return [...ecosystems].flatMap(([ecosystem, all]) =>
    [...Map.groupBy(all, ({ upstream }) => upstream)].map(([upstream, mine]) => ({
      ecosystem,
      upstream,
      mirrors: mine,
    })),
  );
}
