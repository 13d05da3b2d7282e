import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { readHeaders } from '../../core/http.ts';
import { baseUrl } from '../../core/url.ts';
import { bareUrl, checkPlainUrl, headers, mapping } from '../fields.ts';
import type { Report } from '../reading.ts';

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
