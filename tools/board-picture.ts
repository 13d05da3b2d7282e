import { patterns } from '../src/api/page/charts.ts';
import { duration } from '../src/api/page/format.ts';
import { type Html, html } from '../src/api/page/html.ts';
import { style } from '../src/api/page/style.ts';
import { phases } from '../src/core/failure.ts';

/** The light colours of the status page, and the classes that its charts use. */
const colours = /:root \{[^}]*\}/.exec(style)?.[0] ?? '';
const classes = [...style.matchAll(/^\.(?:p-|hatch-|axis)[^\n]*/gm)].map(([line]) => line).join('\n');
const own = `text { font: 13px ui-sans-serif, system-ui, "Noto Sans", "Liberation Sans", sans-serif; fill: var(--ink); font-variant-numeric: tabular-nums; }
.title { font-size: 17px; font-weight: 650; } .soft { fill: var(--soft); } .small { font-size: 12px; } .right { text-anchor: end; } .middle { text-anchor: middle; }
.light { fill: #ffffff; } .dark { fill: #1b1f23; } .ground { fill: var(--ground); } .card { fill: var(--card); stroke: var(--line); }`;

/** What a picture is not. It stands in each of them. */
const label =
  'Results of the board’s own query on a made-up day, drawn with the charts of the status page. Not a picture of Grafana.';

/** A whole picture: heading, what it is, drawing. */
export function picture(width: number, height: number, title: string, drawing: Html | readonly Html[]): string {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}"><style>${
    // Style sheets are not markup: this one is ours alone.
    ''
  }@STYLE@</style>${patterns}<rect width="${width}" height="${height}" class="ground"/>
<text x="24" y="34" class="title">${title}</text><text x="24" y="54" class="soft small">${label}</text>
${drawing}</svg>
`.text
    .replace('@STYLE@', `${colours}\n${classes}\n${own}`)
    .replace(' aria-hidden="true" focusable="false"', '');
}

/** One matrix of seconds; `null` is "no ok sample". */
export interface MatrixDrawing {
  readonly caption: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly seconds: (row: string, column: string) => number | null | undefined;
  /** Ground of a cell, from the board's own thresholds. */
  readonly colour: (seconds: number) => string;
}

const cell = { width: 104, height: 34, head: 190 } as const;

/** Draws a matrix at a place; its height is `34 × (rows + 1) + 30`. */
export function drawMatrix(x: number, y: number, { caption, rows, columns, seconds, colour }: MatrixDrawing): Html {
  const heads = columns.map(
    (name, index) =>
      html`<text x="${x + cell.head + (index + 0.5) * cell.width}" y="${y + 50}" class="middle soft">${name}</text>`,
  );
  const body = rows.map((row, line) => {
    const top = y + 60 + line * cell.height;
    const cells = columns.map((column, index) =>
      drawCell(x + cell.head + index * cell.width, top, seconds(row, column), colour),
    );
    return html`<text x="${x + cell.head - 12}" y="${top + 21}" class="right">${row}</text>${cells}`;
  });
  return html`<text x="${x}" y="${y + 22}">${caption}</text>${heads}${body}`;
}

function drawCell(x: number, y: number, value: number | null | undefined, colour: MatrixDrawing['colour']): Html {
  const at = html`x="${x + 1}" y="${y + 1}" width="${cell.width - 2}" height="${cell.height - 2}" rx="2"`;
  const middle = x + cell.width / 2;
  if (value === undefined)
    return html`<rect ${at} class="card"/><text x="${middle}" y="${y + 21}" class="middle soft small">not probed</text>`;
  if (value === null)
    return html`<rect ${at} fill="url(#hatch)"/><text x="${middle}" y="${y + 21}" class="middle small">no ok sample</text>`;
  const ground = colour(value);
  const ink = ground === '#0072B2' ? 'light' : 'dark';
  return html`<rect ${at} fill="${ground}"/><text x="${middle}" y="${y + 21}" class="middle ${ink}">${duration(value * 1000)}</text>`;
}

/** Phases over time, one on the other. */
export interface PhasesDrawing {
  readonly caption: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Seconds by phase at each time, in order. */
  readonly points: readonly { readonly atMs: number; readonly seconds: Readonly<Record<string, number>> }[];
  readonly topSeconds: number;
}

/** Draws the areas at a place of `width` × 220. */
export function drawPhases(x: number, y: number, width: number, drawing: PhasesDrawing): Html {
  const { caption, fromMs, toMs, points, topSeconds } = drawing;
  const bottom = y + 200;
  const px = (ms: number) => (x + ((ms - fromMs) / (toMs - fromMs)) * width).toFixed(1);
  const py = (seconds: number) => (bottom - (seconds / topSeconds) * 160).toFixed(1);
  const upTo = (index: number, seconds: Readonly<Record<string, number>>) =>
    phases.slice(0, index).reduce((sum, phase) => sum + (seconds[phase] ?? 0), 0);
  const areas = phases.map((phase, index) => {
    const over = points.map(({ atMs, seconds }) => `${px(atMs)},${py(upTo(index + 1, seconds))}`);
    const under = points.map(({ atMs, seconds }) => `${px(atMs)},${py(upTo(index, seconds))}`).reverse();
    return html`<polygon points="${[...over, ...under].join(' ')}" class="p-${phase}"/>`;
  });
  const hours = [0, 6, 12, 18, 24].map((hour) => {
    const at = px(fromMs + hour * 3_600_000);
    return html`<line x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}" class="axis"/><text x="${at}" y="${bottom + 18}" class="middle soft small">${String(hour).padStart(2, '0')}:00</text>`;
  });
  return html`<text x="${x}" y="${y + 16}">${caption}</text><text x="${x}" y="${y + 36}" class="soft small">${duration(topSeconds * 1000)}</text>
${areas}<line x1="${x}" x2="${x + width}" y1="${bottom}" y2="${bottom}" class="axis"/>${hours}`;
}

/** The key to the colours of the phases, as a line. */
export function drawKey(x: number, y: number): Html {
  return html`${phases.map(
    (phase, index) =>
      html`<rect x="${x + index * 110}" y="${y - 10}" width="11" height="11" rx="2" class="p-${phase}"/><text x="${x + index * 110 + 17}" y="${y}" class="small">${phase}</text>`,
  )}`;
}
