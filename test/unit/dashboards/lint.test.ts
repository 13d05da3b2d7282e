import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { registry } from '../../../src/ecosystems/registry.ts';
import { type MetricName, metricNames, metricOf } from '../../../src/export/catalog.ts';
import { staleFiles } from '../../../tools/generate-dashboards.ts';
import { annotationQueries, panelQueries, panelsOf, plainBoards, variableQueries } from '../../real/boards-grafana.ts';
import { alertRules, recordingRules } from '../../rules/alert-rules.ts';
import { labelsAfter, metricBehind, namesIn, unknownIn } from '../../rules/queries.ts';
import { panelsIn, shownOf } from '../../support/drawn-panels.ts';
import { expectRows } from '../../support/expect-rows.ts';
import { repoDir } from '../../support/paths.ts';

// A linter of the boards: the rules of Grafana's dashboard-linter, written from its documentation (grafana/dashboard-linter
// docs/index.md), as far as they speak of Prometheus, and our own. dashboards/.lint is in the form of that linter.

const boards = Object.entries(plainBoards).map(([name, board]) => ({ name, board }));
const panels = boards.flatMap(({ name, board }) =>
  panelsOf(board).map((panel) => ({ where: `${name}/${panel.id} ${panel.title}`, panel, board })),
);
const queries = [...panelQueries, ...annotationQueries];

/** Metrics on no board and in no rule, and who queries them. Boards of any process read those of the process. */
const elsewhere = {
  mirror_cold_fetch_seconds: 'operators of pull-through caches, to size a cache; the boards show the share of misses',
  mirror_probe_rtt_spike_streak: 'operators who tune detect.spike.consecutive; the boards show the finding',
  mirrorwatch_probes_in_flight: 'MirrorwatchUnfit in the runbook',
  mirrorwatch_webhook_oldest_seconds:
    'queries of before 1.1: the old name of mirrorwatch_webhook_oldest_timestamp_seconds',
} satisfies Partial<Record<MetricName, string>>;

test('the JSON in dashboards/ is what the code says, and nothing else lies there', () =>
  expect(staleFiles()).toEqual([]));

test('the pictures in docs/boards/ are of these panels', () => {
  const folder = join(repoDir, 'docs/boards');
  const pictures = readdirSync(folder).filter((file) => file.endsWith('.png'));
  expect(pictures.length).toBeGreaterThan(10);
  const old = pictures.filter((file) => {
    const board = boards.find(({ name }) => file.startsWith(`${name}-`))?.board;
    return board === undefined || panelsIn(readFileSync(join(folder, file))) !== shownOf(board);
  });
  expect(old, 'draw them again: tools/board-viewer/README.md').toEqual([]);
});

test('the runbook names panels that there are', () => {
  const text = readFileSync(join(repoDir, 'docs/runbook.md'), 'utf8');
  const titles = panels.map(({ panel }) => panel.title.replace(/: \$.*| over \S+( h)?$/, ''));
  const named = [...text.matchAll(/(?<!\*)\*([A-Z][^*\n]+)\*(?!\*)/g)].map(([, title = '']) => title);
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((title) => !titles.includes(title))).toEqual([]);
});

test('uids and ids of panels, which people may have linked to, never change', () => {
  const ids = boards.map(({ board }) => `${board.uid}: ${board.panels.map(({ id }) => id).join(' ')}`);
  expect(ids).toEqual([
    'mirrorwatch-overview: 1 3 7 6 8 9 101 10 12 11 15',
    'mirrorwatch-matrix: 1 102 3 5 101',
    'mirrorwatch-mirror: 1 30 33 34 102 22 10 104 40 45 41 42 43 105 106',
    'mirrorwatch-self: 1 10 13 21 22 33 104 40 41 43',
    'mirrorwatch-places: 1 2 3 4',
  ]);
});

describe("Grafana's rules", () => {
  const { exclusions } = parse(readFileSync(join(repoDir, 'dashboards/.lint'), 'utf8')) as {
    readonly exclusions: Readonly<
      Record<
        string,
        {
          readonly reason: string;
          readonly entries?: readonly { readonly dashboard: string; readonly panel: string }[];
        }
      >
    >;
  };
  const counters = metricNames.filter((name) => metricOf(name).type === 'counter');
  const rules: Readonly<Record<string, (expr: string) => boolean>> = {
    'target-job-rule': (expr) => !expr.includes('job=~"$job"'),
    'target-instance-rule': (expr) => !expr.includes('instance=~"$instance"'),
    'target-rate-interval-rule': (expr) =>
      [...expr.matchAll(/\[([^\]]+)\]/g)].some(([, range]) => range !== '$__rate_interval'),
    'target-counter-agg-rule': (expr) =>
      counters.some((name) =>
        [...expr.matchAll(new RegExp(`(\\w+)\\(${name}\\{|${name}\\{`, 'g'))].some(
          ([, call]) => !['rate', 'increase', 'irate'].includes(call ?? ''),
        ),
      ),
  };

  test('are kept, but for the exceptions, each with a reason', () =>
    expectRows(
      Object.entries(rules),
      ([rule]) => rule,
      ([rule, isBroken]) => {
        const broken = panels.flatMap(({ panel, board }) =>
          (panel.targets ?? []).some(({ expr }) => isBroken(expr)) ? [`${board.title}: ${panel.title}`] : [],
        );
        const { reason = '', entries } = exclusions[rule] ?? { entries: [] };
        if (exclusions[rule] !== undefined) expect(reason.length).toBeGreaterThan(20);
        if (entries === undefined) expect(broken).not.toEqual([]);
        else expect(entries.map(({ dashboard, panel }) => `${dashboard}: ${panel}`).sort()).toEqual(broken.sort());
      },
    ));

  test('template-datasource, template-uneditable, on-time-change-reload', () =>
    expectRows(
      boards,
      ({ name }) => name,
      ({ board }) => {
        const [first, ...rest] = board.templating.list;
        expect(first).toMatchObject({
          name: 'datasource',
          type: 'datasource',
          query: 'prometheus',
          label: 'Data source',
        });
        expect((board as unknown as { editable: boolean }).editable).toBe(false);
        for (const { type, refresh, multi, includeAll, allValue } of rest) {
          if (type === 'query') expect(refresh).toBe(2);
          if (multi) expect({ includeAll, allValue }).toEqual({ includeAll: true, allValue: '.*' });
        }
      },
    ));
});

test('each panel says what to do, has a unit and the chosen data source, and says why where there is nothing', () =>
  expectRows(
    panels,
    ({ where }) => where,
    ({ panel }) => {
      const source = ['$', '{datasource}'].join('');
      expect(panel.description ?? '').toMatch(/^.{60,}\.$/s);
      expect(['none', 's', 'percentunit', 'dtdurations', 'bytes', 'Bps', 'cps']).toContain(
        panel.fieldConfig?.defaults.unit,
      );
      expect(panel.fieldConfig?.defaults.noValue ?? '').toMatch(/^(?!(?:no data|n\/a|ok|fine|0)$)./i);
      expect(panel.targets).not.toEqual([]);
      for (const { datasource } of [panel, ...((panel.targets ?? []) as unknown as readonly (typeof panel)[])])
        expect(datasource?.uid).toBe(source);
    },
  ));

test('each board covers no panel, has the variables that it uses, and marks findings and advice', () =>
  expectRows(
    boards,
    ({ name }) => name,
    ({ board }) => {
      const taken = board.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
      );
      expect(new Set(taken).size).toBe(taken.length);
      expect(taken.filter((cell) => Number.parseInt(cell, 10) >= 24)).toEqual([]);
      const own = board.templating.list.map(({ name }) => name);
      const text = JSON.stringify({ ...board, templating: board.templating.list.map(({ query }) => query) });
      const used = [...text.matchAll(/\$\{?([a-zA-Z_]+)/g)].map(([, variable = '']) => variable);
      expect(used.filter((variable) => !variable.startsWith('__') && !own.includes(variable))).toEqual([]);
      expect(own.filter((variable) => !used.includes(variable))).toEqual([]);
      expect(board.annotations.list.map(({ name }) => name)).toEqual(['Findings', 'Findings about us', 'Advice']);
    },
  ));

test('a board with steps opens with the canaries of every ecosystem, and offers each step', () =>
  expectRows(
    boards.filter(({ board }) => board.templating.list.some(({ name }) => name === 'step')),
    ({ name }) => name,
    ({ name, board }) => {
      const { query, options, current } = board.templating.list.find((one) => one.name === 'step') as unknown as {
        readonly query: string;
        readonly options: readonly { readonly text: string; readonly value: string }[];
        readonly current: object;
      };
      // As Grafana reads the query of such a variable.
      const read = query.split(', ').map((text) => /^\s*(.+)\s:\s(.+)$/.exec(text)?.slice(1));
      expect(read).toEqual(options.map(({ text, value }) => [text, value]));
      expect(current).toMatchObject({ value: registry.all.map(({ canary }) => canary).join('|') });
      expect(
        options
          .slice(2)
          .map(({ value }) => value)
          .sort(),
      ).toEqual([...registry.steps].sort());
      // A value with `|` in it is a pattern: `=` would find nothing.
      expect(panelQueries.filter((one) => one.board === name && /step="/.test(one.expr))).toEqual([]);
    },
  ));

test('each link leads to a board of ours or to the daemon, and takes along variables that the board has', () => {
  const links = panels.flatMap(({ where, panel }) =>
    [...JSON.stringify(panel.fieldConfig ?? {}).matchAll(/"url":"([^"]+)"/g)].map(([, url = '']) => ({ where, url })),
  );
  expect(links.length).toBeGreaterThan(12);
  return expectRows(
    links,
    ({ where, url }) => `${where}: ${url}`,
    ({ url }) => {
      if (url.startsWith('$'.concat('{daemon_url'))) return;
      const { pathname, searchParams } = new URL(url.replaceAll(/\$\{([^:}]+)[^}]*\}/g, 'var-$1=x'), 'http://grafana');
      const board = boards.find((one) => pathname === `/d/${one.board.uid}`)?.board;
      const known = board?.templating.list.map(({ name }) => `var-${name}`) ?? [];
      const taken = [...searchParams.keys()].filter((key) => key.startsWith('var-') && !key.startsWith('var-__'));
      expect(taken).toEqual(expect.arrayContaining(['var-window', 'var-daemon_url']));
      expect(taken.filter((key) => !known.includes(key))).toEqual([]);
      // What Grafana decodes once more before it follows a link must be encoded: a version may have a plus.
      for (const [, name = '', format] of url.matchAll(/\$\{(__data[^:}]+|__field[^:}]+|__value[^:}]+)(?::(\w+))?\}/g))
        expect(format, name).toBe('percentencode');
    },
  );
});

describe('metrics and labels of queries', () => {
  /** A board's variables are not Prometheus's syntax; their values do not matter here. */
  const plain = (query: string) =>
    query
      .replace(/"\$\w+"/g, '"x"')
      .replace(/\[\$\w+\]/g, '[1h]')
      .replace(/\$\w+/g, '1');

  test('are those of the catalogue, and series keep the labels that legends name', () =>
    expectRows(
      queries,
      ({ key, of }) => `${key} ${of}`,
      ({ expr, needs }) => {
        expect(unknownIn(plain(expr))).toEqual([]);
        const kept = labelsAfter(expr);
        expect(needs.filter((label) => !kept.includes(label))).toEqual([]);
      },
    ));

  test('variables list a label of their metric', () =>
    expectRows(
      variableQueries,
      ({ key }) => key,
      ({ selector, label }) => expect(unknownIn(`sum by (${label}) (${plain(selector)})`)).toEqual([]),
    ));

  test('need no recording rule, and leave out no metric that no rule uses', () => {
    const recorded = recordingRules.map(({ record }) => record);
    expect(queries.flatMap(({ expr }) => namesIn(expr)).filter((name) => recorded.includes(name))).toEqual([]);
    const all = [...queries, ...alertRules, ...recordingRules].flatMap(({ expr }) => namesIn(expr));
    const used = new Set(all.map((name) => name.replace(/^\w+:|:\w+$|_(?:bucket|count|sum)(?=:|$)/g, '')));
    const unused = metricNames.filter((name) => !name.startsWith('process_') && !used.has(name));
    expect(unused).toEqual(Object.keys(elsewhere));
  });
});

test('values of closed labels in rules and boards are those of the catalogue', () => {
  /** Matchers of labels, one for each word of a pattern. A variable of a board is no word. */
  const matchers = [
    ...queries.map(({ key, expr }) => [key, expr] as const),
    ...recordingRules.map(({ record, expr }) => [record, expr] as const),
    ...alertRules.flatMap(({ alert, expr, annotations }) =>
      [expr, ...Object.values(annotations)].map((text) => [alert, text] as const),
    ),
  ].flatMap(([key, query]) =>
    [...query.matchAll(/\b([a-z_]+)\{([^}]*)\}/g)].flatMap(([, name = '', inside = '']) =>
      [...inside.matchAll(/(\w+)(?:=~|!~|!=|=)(?:"([^"]*)"|'([^']*)')/g)].flatMap(([, label = '', one, other]) =>
        (one ?? other ?? '').split('|').map((value) => ({ key, name, label, value })),
      ),
    ),
  );
  const closed = matchers.flatMap((row) => {
    const metric = metricBehind(row.name);
    const per = metric === null ? [] : Object.values(metricOf(metric).per).flatMap((each) => Object.entries(each));
    const values = per.flatMap(([one, list]) => (one === row.label ? [...list] : []));
    const isWord = row.value !== '' && !/[$%]/.test(row.value);
    return isWord && values.length > 0 ? [{ ...row, values }] : [];
  });
  expect(closed.length).toBeGreaterThan(50);
  return expectRows(
    closed,
    ({ key, name, label, value }) => `${key}: ${name}{${label}="${value}"}`,
    ({ value, values }) => expect(values).toContain(value),
  );
});
