import type { z } from 'zod';
import { isPlainAbroad } from '../../core/addresses.ts';
import type { Config } from '../../core/config.ts';
import { isCredential, readHeaders } from '../../core/http.ts';
import { baseUrl } from '../../core/url.ts';
import { phrase } from '../../words/tell.ts';
import { bareUrl, headers, mapping } from '../fields.ts';
import type { Report } from '../reading.ts';

export const fleetKey = mapping({
  store: bareUrl('URL of a store that is compatible with Prometheus.'),
  headers,
})
  .meta({ description: 'The store with the metrics of all places, for `when.places` of actions. See docs/actions.md.' })
  .optional();

export function readFleet(fleet: z.output<typeof fleetKey>, report: Report): Pick<Config, 'fleet'> {
  if (fleet === undefined) return {};
  if (fleet.headers.some((header) => isCredential(header.split(':', 1)[0] ?? '')) && isPlainAbroad(fleet.store))
    report.error(['fleet', 'store'], phrase('expected.fleetHttps'));
  const store = baseUrl(fleet.store);
  return store === null ? {} : { fleet: { store: store.url, headers: readHeaders(fleet.headers) ?? {} } };
}
