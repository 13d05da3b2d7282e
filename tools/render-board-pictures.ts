import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { heatMarks } from '../dashboards/matrix.ts';
import { dayStartMs, modules, registries, stepMs, story, theDay } from '../test/real/boards-day.ts';
import { type Chosen, chosen, interpolated, panelQueries } from '../test/real/boards-grafana.ts';
import { type Past, startPast } from '../test/real/boards-prometheus.ts';
import { commandPath, repoDir } from '../test/support/paths.ts';
import { mustRun } from '../test/support/process.ts';
import { drawKey, drawMatrix, drawPhases, picture } from './board-picture.ts';

// Draws docs/boards/*.svg and *.png: what the queries of the matrix and of the phases answer on the day that the tests
// write. Grafana itself was not to be had, and nothing here pretends to be it.

const folder = join(repoDir, 'docs/boards');

function queryOf(key: string, values: Chosen): string {
  const query = panelQueries.find((one) => one.key === key);
  if (query === undefined) throw new Error(`no query ${key}`);
  return interpolated(query.expr, values);
}

/** The colour of the last threshold at or below a value, as Grafana picks it. */
function colourOf(seconds: number): string {
  return heatMarks.filter(([from]) => from === null || seconds >= from).at(-1)?.[1] ?? '';
}

async function matrixPicture(past: Past): Promise<string> {
  const versions = modules.filter(({ module }) => module === 'example.com/lib').map(({ version }) => version);
  const names = [...new Set(modules.map(({ module }) => module))];
  const drawn = async (
    key: string,
    row: 'version' | 'module',
    rows: readonly string[],
    atMs: number,
    caption: string,
    more: Chosen,
    x: number,
    y: number,
  ) => {
    const series = await past.instant(queryOf(key, chosen(3600, '20m', more)), atMs);
    const seconds = (name: string, registry: string): number | null | undefined => {
      const value = series.find(({ metric }) => metric[row] === name && metric['registry'] === registry)
        ?.points[0]?.[1];
      return value !== undefined && Number.isNaN(value) ? null : value;
    };
    return drawMatrix(x, y, { caption, rows, columns: registries, seconds, colour: colourOf });
  };
  const lib = { module: ['example.com/lib'] };
  const beforeMs = story.spike[0] - stepMs;
  const duringMs = story.spike[0] + 90 * 60_000;
  return picture(1290, 400, 'RTT matrix: p95 of the round trip over one hour', [
    await drawn(
      'rtt-matrix/2/A',
      'version',
      versions,
      beforeMs,
      'versions of example.com/lib × mirror, 04:55 to 05:55',
      lib,
      24,
      70,
    ),
    await drawn(
      'rtt-matrix/2/A',
      'version',
      versions,
      duringMs,
      'the same, 06:30 to 07:30: near has a spike',
      lib,
      660,
      70,
    ),
    await drawn('rtt-matrix/1/A', 'module', names, beforeMs, 'module × mirror, 04:55 to 05:55', {}, 24, 230),
    await drawn('rtt-matrix/1/A', 'module', names, duringMs, 'the same, 06:30 to 07:30', {}, 660, 230),
  ]);
}

async function phasesPicture(past: Past): Promise<string> {
  const drawn = async (registry: string, caption: string, x: number) => {
    const query = queryOf('mirror/10/A', chosen(24 * 3600, '20m', { registry: [registry], window: '20m' }));
    const series = await past.range(query, dayStartMs + 4 * stepMs, story.end, stepMs / 1000);
    const times = [...new Set(series.flatMap(({ points }) => points.map(([seconds]) => seconds)))].sort(
      (a, b) => a - b,
    );
    const points = times.map((time) => ({
      atMs: time * 1000,
      seconds: Object.fromEntries(
        series.map(({ metric, points: own }) => [
          metric['phase'] ?? '',
          own.find(([seconds]) => seconds === time)?.[1] ?? 0,
        ]),
      ),
    }));
    const topSeconds = Math.max(
      ...points.map(({ seconds }) => Object.values(seconds).reduce((sum, part) => sum + part, 0)),
    );
    return drawPhases(x, 70, 580, { caption, fromMs: dayStartMs, toMs: story.end, points, topSeconds });
  };
  return picture(1290, 330, 'Mirror detail: where the time goes', [
    await drawn('near', 'near: a spike from 06:00 to 08:00', 24),
    await drawn('calm', 'calm: well all day', 670),
    drawKey(24, 312),
  ]);
}

/** A picture of the picture, for readers whose viewer shows no SVG. */
async function png(path: string, width: number, height: number): Promise<void> {
  await mustRun(commandPath('chromium'), [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--hide-scrollbars',
    '--force-device-scale-factor=2',
    `--window-size=${width},${height}`,
    `--screenshot=${path.replace(/svg$/, 'png')}`,
    pathToFileURL(path).href,
  ]);
}

if (import.meta.main) {
  const past = await startPast(await theDay());
  try {
    for (const [name, draw, height] of [
      ['rtt-matrix', matrixPicture, 400],
      ['mirror-phases', phasesPicture, 330],
    ] as const) {
      const path = join(folder, `${name}.svg`);
      writeFileSync(path, await draw(past));
      await png(path, 1290, height);
    }
  } finally {
    await past.close();
  }
}
