import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { definedOf } from '../../core/part.ts';
import { bareUrl, mapping, name } from '../fields.ts';

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
  return { labels: definedOf({ group, network, page: page?.replace(/(?<!\/)\/+$/, '') }) };
}
