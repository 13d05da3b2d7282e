import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { limits } from '../../core/limits.ts';
import { phrase } from '../../words/tell.ts';
import { integer, mapping } from '../fields.ts';
import type { Reading } from '../reading.ts';

export const shardKey = mapping({
  index: integer('Index of this daemon, from 0.', 0, limits.shards - 1),
  count: integer('Number of daemons that share the targets of this place.', 1, limits.shards),
})
  .meta({
    description:
      'Settings of one of several daemons that share the targets of one place. The environment variable `MIRRORWATCH_SHARD` overrides this key: `0/3`, or `NAME-0/3` with the name of a pod of a StatefulSet. See docs/guides/many-places.md.',
  })
  .optional();

const shardPattern = /^(?:.*-)?(\d{1,4})\/(\d{1,4})$/;

/**
 * Reads the shard (the part of the targets that this daemon probes) from the environment, else from the file; empty:
 * this daemon probes all targets.
 */
export function readShard(shard: z.output<typeof shardKey>, { env, error }: Reading): Pick<Config, 'shard'> {
  const set = env['MIRRORWATCH_SHARD'] ?? '';
  const [, index, count] = shardPattern.exec(set) ?? [];
  const wanted = set === '' ? shard : { index: Number(index ?? 1), count: Number(count ?? 0) };
  if (wanted === undefined) return {};
  if (wanted.index < wanted.count && wanted.count <= limits.shards) return wanted.count === 1 ? {} : { shard: wanted };
  const seen = set === '' ? `${wanted.index}` : `MIRRORWATCH_SHARD=${set}`;
  error(['shard'], phrase('expected.shard', { most: limits.shards }), { seen });
  return {};
}
