import { boards } from '../../dashboards/boards.ts';
import { stepChoices } from '../../dashboards/promql.ts';

// What Grafana does with a board before it asks Prometheus, as far as our boards use it.

/** One query of a board, with where it stands. */
export interface BoardQuery {
  readonly board: string;
  /** Panel, annotation or variable. */
  readonly of: string;
  /** `board/panel id/ref`, unique. */
  readonly key: string;
  readonly expr: string;
  readonly isInstant: boolean;
  readonly hasExemplars: boolean;
  /** The labels that legends, matrices and marks name: each series needs them. */
  readonly needs: readonly string[];
}

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat?: string;
  readonly instant?: boolean;
  readonly exemplar?: boolean;
}

/** A panel as it stands in the JSON, as far as tests read it. */
export interface BoardPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly targets?: readonly Target[];
  readonly panels?: readonly BoardPanel[];
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly datasource?: { readonly uid: string };
  readonly repeat?: string;
  readonly transformations?: readonly { readonly id: string; readonly options: Record<string, string> }[];
  readonly fieldConfig?: {
    readonly defaults: { readonly unit?: string; readonly noValue?: string };
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
}

/** A board as it stands in the JSON. */
export interface Board {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly BoardPanel[];
  readonly annotations: {
    readonly list: readonly {
      readonly name: string;
      readonly expr: string;
      readonly titleFormat: string;
      readonly tagKeys: string;
    }[];
  };
  readonly templating: {
    readonly list: readonly {
      readonly name: string;
      readonly type: string;
      readonly label: string;
      readonly description: string;
      readonly query: unknown;
      readonly regex?: string;
      readonly refresh?: number;
      readonly multi?: boolean;
      readonly includeAll?: boolean;
      readonly allValue?: string;
      readonly options?: readonly { readonly text: string; readonly value: string }[];
    }[];
  };
}

/** The boards by the name of their file, as plain JSON. */
export const plainBoards = JSON.parse(JSON.stringify(boards)) as Readonly<Record<string, Board>>;

/** The panels of a board, those in folded rows included, rows left out. */
export function panelsOf(board: Board): readonly BoardPanel[] {
  return board.panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

const named = (text: string) => [...text.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);

/** Every query of every panel. */
export const panelQueries: readonly BoardQuery[] = Object.entries(plainBoards).flatMap(([name, board]) =>
  panelsOf(board).flatMap((panel) =>
    (panel.targets ?? []).map((target) => {
      const matrix = panel.transformations?.find(({ id }) => id === 'groupingToMatrix')?.options ?? {};
      const labels = [matrix.rowField, matrix.columnField].filter((label) => label !== undefined);
      return {
        board: name,
        of: panel.title,
        key: `${name}/${panel.id}/${target.refId}`,
        expr: target.expr,
        isInstant: target.instant === true,
        hasExemplars: target.exemplar === true,
        needs: [...named(target.legendFormat ?? ''), ...labels],
      };
    }),
  ),
);

/** Every query of every annotation. */
export const annotationQueries: readonly BoardQuery[] = Object.entries(plainBoards).flatMap(([name, board]) =>
  board.annotations.list.map(({ name: of, expr, titleFormat, tagKeys }) => ({
    board: name,
    of,
    key: `${name}/${of}`,
    expr,
    isInstant: false,
    hasExemplars: false,
    needs: [...new Set([...named(titleFormat), ...tagKeys.split(',')])],
  })),
);

/** Every variable that asks Prometheus: its selector or query, and the label it lists. */
export const variableQueries = Object.entries(plainBoards).flatMap(([name, board]) =>
  board.templating.list
    .filter(({ type }) => type === 'query')
    .map(({ name: variable, query, regex = '' }) => {
      const [, call = '', inside = ''] = /^(\w+)\((.+)\)$/.exec((query as { query: string }).query) ?? [];
      const [, selector = inside, label = regex.replace(/^\/(\w+)=.*/, '$1')] = /^(.+), (\w+)$/.exec(inside) ?? [];
      return { board: name, variable, isResult: call === 'query_result', selector, label, key: `${name}/$${variable}` };
    }),
);

/** What is chosen: a text, or several of a multi-value variable. Numbers of Grafana's own go in as they are. */
export type Chosen = Readonly<Record<string, string | readonly string[]>>;

/** Everything chosen, over a time range of so long, as the boards open. */
export function chosen(rangeSeconds: number, rateInterval: string, more: Chosen = {}): Chosen {
  const all = { vantage: '.*', ecosystem: '.*', registry: '.*', module: '.*', version: '.*' };
  const own = {
    step: stepChoices[0]?.value ?? '',
    connection: 'cold',
    window: '20m',
    daemon_url: 'http://127.0.0.1:10120',
  };
  return {
    ...all,
    ...own,
    __range: `${rangeSeconds}s`,
    __rate_interval: rateInterval,
    __interval: rateInterval,
    ...more,
  };
}

/** Grafana's Prometheus data source escapes the values of multi-value variables for a pattern in quotes. */
const escaped = (text: string) => text.replace(/[$^*{}[\]'+?.()|\\]/g, '\\\\$&');

/** The query with values in place of variables. @throws Error on a variable that nobody chose: Grafana would send its name */
export function interpolated(expr: string, values: Chosen): string {
  return expr.replace(/\$\{?([a-zA-Z_]\w*)\}?/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`$${name} is not a variable of the board: ${expr}`);
    if (typeof value === 'string') return value;
    return value.length === 1 ? escaped(value[0] ?? '') : `(${value.map(escaped).join('|')})`;
  });
}
