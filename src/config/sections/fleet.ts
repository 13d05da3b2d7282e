import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { readHeaders } from '../../core/http.ts';
import { limits } from '../../core/limits.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { bareUrl, checkPlainUrl, durationField, headers, integer, mapping, name } from '../fields.ts';
import type { Reading, Report } from '../issues.ts';

export const labelsKey = mapping({
  group: name('The group of this place. `when.places` of actions counts the places of one group.').optional(),
  network: name('Places with the same value share an egress, so they count as one observer.').optional(),
  page: bareUrl('URL of the page of this daemon, for links. Default: the address that Prometheus scrapes.').optional(),
})
  .meta({ description: 'Labels of this place for `mirrorwatch fleet`. See docs/guides/many-places.md.' })
  .optional();

export function readLabels(labels: z.output<typeof labelsKey>): Pick<Config, 'labels'> {
  if (labels === undefined) return {};
  const { group, network, page } = labels;
  return {
    labels: {
      ...(group === undefined ? {} : { group }),
      ...(network === undefined ? {} : { network }),
      ...(page === undefined ? {} : { page: page.replace(/(?<!\/)\/+$/, '') }),
    },
  };
}

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

/** A key of 1.0, which the next minor version does not accept any more. See decision 0218. */
export const pairKey = mapping({
  etcd: bareUrl('Ended, as `pair`.').optional(),
  lease: durationField('Ended, as `pair`.', { min: 3_000, max: 20_000 }).prefault('15s'),
})
  .meta({
    description:
      'Ended: two daemons of a place no longer agree which of them acts. While this key is set, all actions are dry runs. Give actions to one daemon only, and remove the key. See docs/actions.md.',
  })
  .optional();

export const fleetKey = mapping({
  store: bareUrl('URL of a store that is compatible with Prometheus.'),
  headers,
})
  .meta({ description: 'The store with the metrics of all places, for `when.places` of actions. See docs/actions.md.' })
  .optional();

export function readFleetKeys(fleet: z.output<typeof fleetKey>, report: Report): Pick<Config, 'fleet'> {
  if (fleet === undefined) return {};
  checkPlainUrl(['fleet', 'store'], fleet.store, fleet.headers, report);
  const store = baseUrl(fleet.store);
  return store === null ? {} : { fleet: { store: store.url, headers: readHeaders(fleet.headers) ?? {} } };
}
