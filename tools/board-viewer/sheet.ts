import { type Board, type BoardPanel, type Chosen, interpolated } from '../../test/real/boards-grafana.ts';
import type { Asker, Series } from '../../test/real/boards-prometheus.ts';

/** The result of one query of a panel. Numbers are text, because JSON has no NaN. */
export interface Answer {
  readonly refId: string;
  readonly format: string;
  readonly legend: string | null;
  readonly series: readonly {
    readonly metric: Series['metric'];
    readonly points: readonly (readonly [number, string])[];
  }[];
}

/** A panel with its position, with values in place of its variables, and with the results of its queries. */
export interface DrawnPanel {
  readonly panel: BoardPanel;
  readonly title: string;
  readonly at: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly stepMs: number;
  readonly answers: readonly Answer[];
}

/** All data that the page needs to draw a board. The page itself sends no queries. */
export interface Sheet {
  readonly title: string;
  readonly note: string;
  readonly theme: 'light' | 'dark';
  readonly width: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly variables: readonly (readonly [string, string])[];
  readonly panels: readonly DrawnPanel[];
}

/** The settings of a view of a board: its time range and the chosen values of its variables. */
export interface Look {
  readonly board: Board;
  readonly toMs: number;
  readonly rangeMs: number;
  readonly stepMs: number;
  /** The value of `$__interval`, for panels with a minimum interval of five minutes. */
  readonly intervalMs: number;
  readonly values: Chosen;
  /** All values of each variable, for panels that repeat over a variable whose choice is `.*`. */
  readonly all: Readonly<Record<string, readonly string[]>>;
  /** Ids of the collapsed rows to expand; absent: none. */
  readonly unfolded?: readonly number[];
}

interface Placed {
  readonly panel: BoardPanel;
  readonly at: DrawnPanel['at'];
  readonly values: Chosen;
}

function valuesOf(look: Look, name: string): readonly string[] {
  const value = look.values[name] ?? '.*';
  if (typeof value !== 'string') return value;
  return value === '.*' ? (look.all[name] ?? []) : [value];
}

/**
 * A repeated panel, once for each value, as Grafana lays it out. `lower`: how much lower the following panels are, in
 * grid rows.
 */
function repeated(panel: BoardPanel & { maxPerRow?: number; repeatDirection?: string }, look: Look, y: number) {
  const name = panel.repeat;
  if (name === undefined) return { placed: [{ panel, at: { ...panel.gridPos, y }, values: look.values }], lower: 0 };
  const perRow = panel.repeatDirection === 'h' ? (panel.maxPerRow ?? 4) : 1;
  const all = valuesOf(look, name);
  const w = 24 / perRow;
  const placed = all.map((value, index) => ({
    panel,
    at: { x: (index % perRow) * w, y: y + Math.floor(index / perRow) * panel.gridPos.h, w, h: panel.gridPos.h },
    values: { ...look.values, [name]: [value] },
  }));
  return { placed, lower: (Math.max(1, Math.ceil(all.length / perRow)) - 1) * panel.gridPos.h };
}

function laidOut(look: Look): readonly Placed[] {
  let lower = 0;
  const out: Placed[] = [];
  const put = (panel: BoardPanel) => {
    const { placed, lower: more } = repeated(panel, look, panel.gridPos.y + lower);
    out.push(...placed);
    lower += more;
  };
  for (const panel of look.board.panels) {
    const isOpened = look.unfolded?.includes(panel.id) === true;
    put(isOpened ? ({ ...panel, collapsed: false } as BoardPanel) : panel);
    if (panel.type !== 'row' || !isOpened) continue;
    const inside = panel.panels ?? [];
    // Panels of an expanded row are placed directly below the row.
    const top = Math.min(...inside.map(({ gridPos }) => gridPos.y));
    const shift = panel.gridPos.y + 1 - top;
    for (const one of inside) put({ ...one, gridPos: { ...one.gridPos, y: one.gridPos.y + shift } });
    lower += Math.max(...inside.map(({ gridPos }) => gridPos.y + gridPos.h)) - top;
  }
  return out;
}

/**
 * The interval between two points of a panel, milliseconds. A panel that counts over `$__interval` has one point for
 * each such interval.
 */
function stepOf({ targets = [] }: BoardPanel, look: Look): number {
  return targets.some(({ expr }) => expr.includes('$__interval')) ? look.intervalMs : look.stepMs;
}

async function answered(ask: Asker, look: Look, { panel, values }: Placed): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const target of panel.targets ?? []) {
    const stepMs = stepOf(panel, look);
    const query = interpolated(target.expr, values);
    const series =
      target.instant === true
        ? await ask.instant(query, look.toMs)
        : await ask.range(query, look.toMs - look.rangeMs, look.toMs, stepMs / 1000);
    answers.push({
      refId: target.refId,
      format: (target as { format?: string }).format ?? 'time_series',
      legend: target.legendFormat ?? null,
      series: series.map(({ metric, points }) => ({
        metric,
        points: points.map(([seconds, value]) => [seconds, String(value)] as const),
      })),
    });
  }
  return answers;
}

const filled = (text: string, values: Chosen) =>
  text.replace(/\$\{?(\w+)\}?/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value).replace('.*', 'All');
  });

/**
 * Runs all queries of a board for one time range.
 * @throws Error with Prometheus's message if a query is wrong
 */
export async function sheetOf(
  ask: Asker,
  look: Look,
  { note, theme, width }: Pick<Sheet, 'note' | 'theme' | 'width'>,
): Promise<Sheet> {
  const panels: DrawnPanel[] = [];
  for (const placed of laidOut(look))
    panels.push({
      panel: placed.panel,
      title: filled(placed.panel.title, placed.values),
      at: placed.at,
      stepMs: stepOf(placed.panel, look),
      answers: await answered(ask, look, placed),
    });
  const variables = look.board.templating.list
    .filter(({ name, type }) => type !== 'datasource' && name !== 'daemon_url')
    .map(({ name, label, options = [] }) => {
      const named = options.find(({ value }) => value === look.values[name]);
      return [label, named?.text ?? filled(`$${name}`, look.values)] as const;
    });
  return {
    title: look.board.title,
    note,
    theme,
    width,
    fromMs: look.toMs - look.rangeMs,
    toMs: look.toMs,
    variables,
    panels,
  };
}
