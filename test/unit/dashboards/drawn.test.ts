import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { variable } from '../../../dashboards/frame.ts';
import { heatColour, verdict } from '../../../dashboards/palette.ts';
import { type BoardPanel, panelsOf, plainBoards } from '../../real/boards-grafana.ts';
import { repoDir } from '../../support/paths.ts';

// What could be seen only when the boards were drawn (docs/boards/README.md), held as rules on their JSON.

interface Step {
  readonly value: number | null;
  readonly color: string;
}
interface Defaults {
  readonly color?: { readonly mode: string };
  readonly thresholds?: { readonly steps: readonly Step[] };
  readonly custom?: {
    readonly axisSoftMax?: number;
    readonly drawStyle?: string;
    readonly minWidth?: number;
    readonly lineInterpolation?: string;
  };
  readonly decimals?: number;
  readonly mappings?: readonly unknown[];
  readonly links?: readonly unknown[];
}
interface Options {
  readonly legend?: { readonly displayMode: string; readonly calcs?: readonly string[] };
  readonly orientation?: string;
  readonly colorMode?: string;
}
interface Organize {
  readonly indexByName?: Readonly<Record<string, number>>;
  readonly renameByName?: Readonly<Record<string, string>>;
}

const panels = Object.entries(plainBoards).flatMap(([name, board]) =>
  panelsOf(board).map((panel) => ({ where: `${name}/${panel.id}`, panel })),
);
const find = (where: string) => panels.find((one) => one.where === where)?.panel as BoardPanel;
const defaultsOf = (panel: BoardPanel) => (panel.fieldConfig?.defaults ?? {}) as unknown as Defaults;
const optionsOf = (panel: BoardPanel) => (panel as unknown as { options: Options }).options;
const stepsOf = (panel: BoardPanel) => defaultsOf(panel).thresholds?.steps ?? [];
const overridesOf = (panel: BoardPanel, field: string) =>
  Object.fromEntries(
    (panel.fieldConfig?.overrides ?? [])
      .filter(({ matcher }) => matcher.options === field)
      .flatMap(({ properties }) => properties.map(({ id, value }) => [id, value])),
  ) as Record<string, never>;
const organized = (panel: BoardPanel) =>
  (panel.transformations?.findLast(({ id }) => id === 'organize')?.options ?? {}) as unknown as Organize;
/** Columns in the order people see. */
const columnsOf = (panel: BoardPanel) =>
  Object.entries(organized(panel).indexByName ?? {})
    .sort(([, a], [, b]) => a - b)
    .map(([name]) => organized(panel).renameByName?.[name] ?? name);
const exprs = (panel: BoardPanel) => (panel.targets ?? []).map(({ expr }) => expr);

describe('state timelines show their words', () => {
  const timelines = panels.filter(({ panel }) => panel.type === 'state-timeline');
  test('there are three', () => expect(timelines).toHaveLength(3));
  // With colours by threshold and mergeValues Grafana shows thresholds in place of mappings.
  test.each(timelines)('$where has a fixed colour under its mappings', ({ panel }) => {
    expect(defaultsOf(panel).color?.mode).toBe('fixed');
    expect(defaultsOf(panel).mappings).toHaveLength(1);
  });
});

describe('what is not known is grey', () => {
  const stats = panels.filter(({ panel }) => panel.type === 'stat');
  // Grafana gives "no data" the colour of the lowest step.
  test.each(stats)('$where $panel.title without data', ({ panel }) => {
    expect(stepsOf(panel)[0]).toEqual({ value: null, color: verdict.unknown });
    expect(stepsOf(panel).length).toBeGreaterThan(1);
  });
  test.each(['rtt-matrix/1', 'rtt-matrix/2'])('%s: a cell that was not probed', (where) => {
    expect(stepsOf(find(where))[0]).toEqual({ value: null, color: verdict.unknown });
  });
  test('the state of a mirror that is not scraped', () => {
    const { thresholds } = overridesOf(find('overview/6'), 'State') as { thresholds?: { steps: readonly Step[] } };
    expect(thresholds?.steps).toEqual([{ value: null, color: verdict.unknown }]);
  });
});

/** WCAG 2.2, 1.4.3. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
/** What Grafana writes on a ground: its getTextColorForBackground looks at tinycolor's brightness. */
function textOn(hex: string): string {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
  return (r * 299 + g * 587 + b * 114) / 1000 > 180 ? '#202226' : '#F7F8FA';
}
const contrast = (a: string, b: string) => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};
test.each(Object.entries({ ...verdict, ...heatColour }))('text on %s (%s) can be read', (_, ground) => {
  expect(contrast(ground, textOn(ground))).toBeGreaterThanOrEqual(4.5);
});

describe('the matrix keeps its order', () => {
  const order = (where: string) => (find(where).transformations ?? []).map(({ id }) => id);
  const sorts = (where: string) =>
    (find(where).transformations ?? [])
      .filter(({ id }) => id === 'sortBy')
      .map(({ options }) => (options as unknown as { sort: readonly { field: string; desc: boolean }[] }).sort[0]);

  test('module × mirror: columns by name, then rows by name', () => {
    expect(order('rtt-matrix/1')).toEqual(['sortBy', 'groupingToMatrix', 'sortBy', 'organize']);
    expect(sorts('rtt-matrix/1')).toEqual([
      { field: 'registry', desc: false },
      { field: 'module\\registry', desc: false },
    ]);
    expect(organized(find('rtt-matrix/1')).renameByName).toEqual({ 'module\\registry': 'Module' });
  });
  test('version × mirror: columns by name, rows by version, newest first', () => {
    expect(order('rtt-matrix/2')).toEqual(['sortBy', 'sortBy', 'groupingToMatrix', 'organize']);
    expect(sorts('rtt-matrix/2')).toEqual([
      { field: 'registry', desc: false },
      { field: 'order', desc: true },
    ]);
    expect(organized(find('rtt-matrix/2')).renameByName).toEqual({ 'version\\registry': 'Version' });
  });
  test('the matrices of versions are folded and last', () => {
    const last = plainBoards['rtt-matrix']?.panels.at(-1);
    expect(last).toMatchObject({ id: 101, type: 'row', collapsed: true });
    expect(last?.panels?.map(({ id }) => id)).toEqual([2]);
  });
  test.each(['rtt-matrix/1', 'rtt-matrix/2'])('%s has no more digits than a number needs', (where) => {
    expect(defaultsOf(find(where)).decimals).toBeUndefined();
  });
});

describe('what is counted is counted once', () => {
  const counting = panels.filter(
    ({ panel }) => optionsOf(panel).legend?.calcs?.includes('sum') === true || panel.type === 'heatmap',
  );
  test('on so many panels', () => expect(counting).toHaveLength(12));
  test.each(counting)('$where $panel.title: each point its own time, five minutes at least', ({ panel }) => {
    const windows = exprs(panel).flatMap((expr) => [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, window]) => window));
    // What appears at its first event is read by a subquery, a sample a minute.
    expect(new Set(windows.map((window) => window?.replace(/:1m$/, '')))).toEqual(new Set(['$__interval']));
    expect((panel as unknown as { interval: string }).interval).toBe('5m');
  });
});

describe('tables', () => {
  test.each([
    {
      where: 'overview/7',
      columns: ['Ecosystem', 'Upstream', 'From', 'To', 'Cause', 'State', 'What prints the line to paste'],
    },
    { where: 'overview/8', columns: ['Mirror', 'Kind', 'Open'] },
    { where: 'overview/9', columns: ['Upstream', 'Cause', 'Times'] },
    { where: 'mirror/40', columns: ['Mirror', 'Left', 'Issuer', 'TLS', 'Cipher', 'HTTP'] },
    { where: 'mirror/43', columns: ['Mirror', 'Module', 'Version', 'Wrong', 'Differs', 'Verified'] },
    { where: 'self/1', columns: ['Vantage', 'Version', 'Node', 'Instance'] },
  ])('$where: $columns', ({ where, columns }) => {
    expect(columnsOf(find(where))).toEqual(columns);
  });
  test.each(['overview/7', 'overview/8', 'overview/9', 'self/1'])(
    '%s fits all its columns into 1 280 pixels: 80 px each',
    (where) => {
      const { w } = find(where).gridPos;
      expect(defaultsOf(find(where)).custom?.minWidth).toBe(80);
      expect(columnsOf(find(where)).length * 80).toBeLessThan((1280 / 24) * w - 26);
    },
  );
  test('"What to set" shows what prints the line, and leads to it', () => {
    const panel = find('overview/7');
    const daemon = variable('daemon_url');
    const ofRow = (column: string) => variable(`__data.fields.${column}`, 'percentencode');
    expect(exprs(panel)[0]).toContain(`"line", "mirrorwatch advice --url ${daemon}"`);
    const links = overridesOf(panel, 'What prints the line to paste')['links'] as unknown as readonly { url: string }[];
    expect(links.map(({ url }) => url)).toEqual([
      `${daemon}/`,
      `${daemon}/api/v1/advice/${ofRow('Ecosystem')}/remedy?upstream=${ofRow('Upstream')}&as=json`,
    ]);
  });
  test('advice whose cause is over is not counted, and its state says that clients need not switch', () => {
    expect(exprs(find('overview/2'))[0]).toContain('state="proposed"');
    for (const where of ['overview/7', 'places/3']) {
      expect(exprs(find(where))[0]).toMatch(/max by \([\w, ]+, state\) \(mirror_advice_since_timestamp_seconds\{/);
      expect(JSON.stringify(overridesOf(find(where), 'State')['mappings'])).toContain('over: need not switch');
    }
  });
  test('"nothing advised" is in a column without a link, the mirrors of a move have one', () => {
    const panel = find('overview/7');
    expect(exprs(panel)[0]).toContain('"upstream", "nothing advised"');
    expect(defaultsOf(panel).links ?? []).toEqual([]);
    for (const field of ['From', 'To']) expect(overridesOf(panel, field)['links']).not.toBeUndefined();
  });
  test.each(['Availability', 'p95', 'Findings', 'Certificate left', 'Last good answer'])(
    'the marks of %s colour it',
    (column) => {
      const { 'custom.cellOptions': cell } = overridesOf(find('overview/6'), column);
      expect(cell).toEqual({ type: 'color-text' });
    },
  );
  test('a column stays though no mirror has a value for it', () => {
    for (const expr of exprs(find('overview/6')))
      expect(expr).toMatch(/ or \(max by \(registry\) \(last_over_time\(mirror_state\{.*\}\[\$__range\]\)\) \* NaN\)$/);
  });
  test.each(panels.filter(({ panel }) => panel.type === 'table' && (panel.targets ?? []).length > 1))(
    '$where $panel.title: every query has an answer, or the column of the other is called "Value"',
    ({ panel }) => {
      // Counters are there from the start; what may be missing has a row of NaN for each mirror.
      const always =
        /^sum by \(.*\) \(increase\(mirror_integrity_\w+_total|\) or 0 \* sum by \(.*\) \(increase\(mirror_integrity_verified_total\{.*\}\[\$__range\]\)\)$|\) or (on \(registry\) )?\(.* \* NaN\)$/;
      expect(exprs(panel).filter((expr) => !always.test(expr))).toEqual([]);
    },
  );
  test.each([
    ['overview/6', 'Certificate left'],
    ['mirror/40', 'Left'],
  ])('%s: %s is in days, not months', (where, column) => {
    expect(overridesOf(find(where), column)).toMatchObject({ unit: 'suffix: days', decimals: 0 });
    expect(exprs(find(where)).some((expr) => expr.includes('/ 86400)'))).toBe(true);
  });
});

describe('mirror detail', () => {
  test('one series for each reason: two of one name have one colour', () => {
    expect(exprs(find('mirror/33'))[0]).toMatch(/^\(sum by \(reason\) /);
  });
  test('phases lie one on the other in the order in which they happen', () => {
    const legends = (find('mirror/10').targets ?? []).map(({ legendFormat }) => legendFormat);
    expect(legends).toEqual(['resolve', 'connect', 'tls', 'processing', 'transfer']);
    expect(exprs(find('mirror/10'))[2]).toContain('phase="tls"');
  });
  test('an outage is drawn as long as it was: each step is the time that it covers', () => {
    const panel = find('mirror/30');
    const windows = exprs(panel).flatMap((expr) => [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, window]) => window));
    // What appears at its first event is read by a subquery, a sample a minute.
    expect(new Set(windows.map((window) => window?.replace(/:1m$/, '')))).toEqual(new Set(['$__interval']));
    expect((panel as unknown as { interval: string }).interval).toBe('5m');
    expect(defaultsOf(panel).custom?.lineInterpolation).toBe('stepBefore');
  });
  test('a spent budget is a word, and numbers of mirrors lie below each other', () => {
    expect(JSON.stringify(defaultsOf(find('mirror/2')).mappings)).toContain('"spent"');
    for (const where of ['mirror/2', 'mirror/3']) expect(optionsOf(find(where)).orientation).toBe('horizontal');
  });
});

describe('graphs', () => {
  const graphs = panels.filter(({ panel }) => panel.type === 'timeseries');
  test.each(graphs)('$where $panel.title has a legend that fits', ({ panel }) => {
    expect(optionsOf(panel).legend?.displayMode).toBe('list');
  });
  test.each(['self/12', 'self/20', 'self/21', 'self/31', 'overview/13'])(
    '%s: zero is not drawn on a scale to 100',
    (where) => {
      expect(defaultsOf(find(where)).custom?.axisSoftMax ?? 100).toBeLessThan(where === 'self/21' ? 1001 : 5);
    },
  );
});

test('the runbook names no panel that no board has', () => {
  const text = readFileSync(join(repoDir, 'docs/runbook.md'), 'utf8').replace(/\*\*[^*]*\*\*/g, '');
  const named = [...text.matchAll(/\*([A-Z][^*\n]+)\*/g)].map(([, name = '']) => name);
  const titles = panels.map(({ panel }) => panel.title.replace(/: \$\w+$/, ''));
  expect(named.length).toBeGreaterThan(5);
  expect([...new Set(named)].filter((name) => !titles.includes(name))).toEqual([]);
});
