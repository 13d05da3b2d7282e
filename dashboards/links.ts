import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { variable } from './frame.ts';

/** The boards by uid: kept for ever, as people keep links. */
export const uid = {
  overview: 'mirrorwatch-overview',
  matrix: 'mirrorwatch-matrix',
  mirror: 'mirrorwatch-mirror',
  self: 'mirrorwatch-self',
  places: 'mirrorwatch-places',
} as const;

/** Variables that go along from board to board as they are. */
const kept = ['datasource', 'vantage', 'ecosystem', 'window', 'daemon_url'] as const;

/** The value of the first column of a row, and the name of the column: of a matrix its two coordinates. */
export const rowKey = variable('__data.fields[0]', 'percentencode');
export const columnName = variable('__field.name', 'percentencode');

/** The address of a board with the time range and these variables; values are encoded already. */
export function addressOf(board: keyof typeof uid, values: Readonly<Record<string, string>>): string {
  const own = Object.entries(values).map(([name, value]) => `var-${name}=${value}`);
  const along = kept.filter((name) => !(name in values)).map((name) => variable(name, 'queryparam'));
  return `/d/${uid[board]}?${[variable('__url_time_range'), ...along, ...own].join('&')}`;
}

/** A link of a cell or a point; `out`: to the daemon's pages, in a window of its own. */
export function link(title: string, url: string, out = false): dashboard.DashboardLink {
  return dataLink(title, url, out).build();
}

/** A link as the panel builders take it. */
export function dataLink(title: string, url: string, out = false): { build(): dashboard.DashboardLink } {
  return { build: () => inPlace(new dashboard.DashboardLinkBuilder(title).url(url).targetBlank(out).build()) };
}

/** The SDK would move links and annotations into a menu: here they stay where people see them. */
export function inPlace<T extends { placement?: unknown }>(thing: T): T {
  const { placement: _, ...rest } = thing;
  return rest as T;
}

/** From a line or band named after a mirror to its board. */
export const toMirrorBoard = dataLink(
  'This mirror in detail',
  addressOf('mirror', { registry: variable('__field.labels.registry', 'percentencode') }),
);

/** From a line named after a mirror to the daemon's page of it: its last probes, each hop by hop. */
export const toDaemonMirror = dataLink(
  'Last probes of this mirror, at the daemon',
  `${variable('daemon_url')}/mirrors/${variable('__field.labels.registry', 'percentencode')}`,
  true,
);

/**
 * From an exemplar to the daemon's page of the probe: the property of the override for the field `probe_id`. Grafana's
 * own way is the data source's `exemplarTraceIdDestinations` (docs/boards/README.md); this serves where fields have links.
 */
export const toProbe = {
  id: 'links',
  value: [
    link(
      'This probe, hop by hop, at the daemon',
      `${variable('daemon_url')}/probes/${variable('__data.fields.probe_id', 'percentencode')}`,
      true,
    ),
  ],
} as const;

/** The way to the other boards, with time and variables. */
export const boardLinks: readonly { build(): dashboard.DashboardLink }[] = [
  {
    build: () =>
      inPlace(
        new dashboard.DashboardLinkBuilder('mirrorwatch')
          .type(dashboard.DashboardLinkType.Dashboards)
          .tags(['mirrorwatch'])
          .includeVars(true)
          .keepTime(true)
          .build(),
      ),
  },
];
