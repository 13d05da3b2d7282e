import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { type Board, chosen } from '../../test/real/boards-grafana.ts';
import { type Asker, startPast } from '../../test/real/boards-prometheus.ts';
import { shownOf, withPanels } from '../../test/support/drawn-panels.ts';
import { commandPath, repoDir } from '../../test/support/paths.ts';
import { bundledPage } from './bundle.ts';
import { manyModules, theDay } from './day.ts';
import { liveScenes } from './live.ts';
import { everything, type Scene, scenes, stepOf } from './scenes.ts';
import { type Sheet, sheetOf } from './sheet.ts';

// Draws docs/boards/*.png: `node draw.ts [--out FOLDER] [--boards FOLDER] [NAME …]`. Without names it draws all
// pictures, else those whose names begin with a NAME.

const icons = join(import.meta.dirname, 'node_modules/@grafana/ui/dist/public');
const origin = 'http://viewer.invalid';
const html =
  '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/page.css"><body style="margin: 0"></body><script src="/page.js"></script>';

/** Opens the page. It may load only itself and Grafana's icons, so no request leaves the machine. */
async function opened(browser: Browser, { width, theme }: Sheet) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme: theme, timezoneId: 'UTC' });
  page.on('pageerror', (error) => console.error(`page: ${error.message}`));
  await page.route('**/*', async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html });
    if (pathname === '/page.css') return route.fulfill({ contentType: 'text/css', body: bundle.styles });
    if (pathname === '/page.js') return route.fulfill({ contentType: 'text/javascript', body: bundle.script });
    const file = join(icons, pathname.replace(/^\/(public\/)?/, ''));
    return existsSync(file) && file.startsWith(icons) && !file.endsWith('/')
      ? route.fulfill({ path: file })
      : route.fulfill({ status: 404, body: '' });
  });
  await page.goto(`${origin}/`);
  return page;
}

async function photographed(browser: Browser, sheet: Sheet, board: Board, path: string): Promise<void> {
  const page = await opened(browser, sheet);
  await page.evaluate(
    (text) => (window as unknown as { draw(sheet: unknown): Promise<void> }).draw(JSON.parse(text)),
    JSON.stringify(sheet),
  );
  await page.waitForSelector('#board');
  const height = await page.evaluate(() => document.body.scrollHeight);
  // Charts outside the visible area are not drawn, so the page gets the height of the whole board.
  await page.setViewportSize({ width: sheet.width, height });
  await page.waitForTimeout(1_500);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, withPanels(await page.screenshot({ fullPage: true }), shownOf(board)));
  await page.close();
}

function argument(name: string, fallback: string): string {
  const index = process.argv.indexOf(name);
  return index === -1 ? fallback : resolve(process.argv[index + 1] ?? fallback);
}

const folder = argument('--out', join(repoDir, 'docs/boards'));
const boardsFolder = argument('--boards', join(repoDir, 'dashboards'));

async function drawn(ask: Asker, scene: Scene, browser: Browser): Promise<void> {
  const board = JSON.parse(readFileSync(join(boardsFolder, `${scene.board}.json`), 'utf8')) as Board;
  const stepMs = stepOf(scene);
  const intervalMs = scene.past === 'live' ? 8_000 : Math.max(20 * 60_000, stepMs * 4);
  const rateInterval = `${intervalMs / 1000}s`;
  const values = chosen(
    scene.rangeMs / 1000,
    rateInterval,
    scene.past === 'live' ? { window: '20s', ...scene.chosen } : scene.chosen,
  );
  const note = `${scene.note}. Drawn with Grafana's packages, not by a Grafana server.`;
  const sheet = await sheetOf(
    ask,
    {
      board,
      toMs: scene.toMs,
      rangeMs: scene.rangeMs,
      stepMs,
      intervalMs,
      values,
      all: everything(scene.past),
      unfolded: scene.unfolded ?? [],
    },
    { note, theme: scene.theme, width: scene.width },
  );
  await photographed(browser, sheet, board, join(folder, `${scene.name}.png`));
  console.log(`${scene.name}.png`);
}

const flags = ['--out', '--boards'];
const names = process.argv
  .slice(2)
  .filter((word, index, all) => !flags.includes(word) && !flags.includes(all[index - 1] ?? ''));
const isWanted = ({ name }: { name: string }) => names.length === 0 || names.some((one) => name.startsWith(one));

const bundle = await bundledPage();
const browser = await chromium.launch({
  executablePath: commandPath('chromium'),
  args: ['--no-sandbox', '--disable-gpu', '--hide-scrollbars'],
});
try {
  for (const kind of ['day', 'twenty'] as const) {
    const own = scenes.filter((scene) => scene.past === kind && isWanted(scene));
    if (own.length === 0) continue;
    const past = await startPast(await theDay(kind === 'twenty' ? manyModules : undefined));
    try {
      for (const scene of own) await drawn(past, scene, browser);
    } finally {
      await past.close();
    }
  }
  await liveScenes(isWanted, (ask, scene) => drawn(ask, scene, browser));
} finally {
  await browser.close();
}
