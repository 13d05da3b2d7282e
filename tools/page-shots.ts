import { join } from 'node:path';
import { type Eyes, startBrowser } from '../test/support/chromium.ts';
import { fixture } from '../test/unit/api/fixture-deps.ts';
import { fixturePast } from '../test/unit/api/fixture-past.ts';
import { serve } from '../test/unit/api/server.ts';

// Pictures of the page, of the tests' fixture: `node tools/page-shots.ts` draws docs/history.png, and given a folder every page in every look.

const light: Eyes = { width: 1280, height: 900, scheme: 'light' };
const looks: Readonly<Record<string, Eyes>> = {
  light,
  dark: { ...light, scheme: 'dark' },
  phone: { width: 375, height: 780, scheme: 'light' },
};
const pages: Readonly<Record<string, string>> = {
  overview: '/',
  mirror: '/mirrors/campus?range=day',
  history: '/history?range=week',
  timeline: '/timeline?range=week&item=finding-w3',
  'what-if': '/what-if',
};

const folder = process.argv[2];
const all = Object.entries(pages).flatMap(([name, path]) =>
  Object.entries(looks).map(([look, eyes]) => ({ file: join(folder ?? '', `${name}-${look}.png`), path, eyes })),
);
const history = { file: join(import.meta.dirname, '../docs/history.png'), path: '/history?range=week', eyes: light };

const served = await serve(fixture(fixturePast).deps);
const browser = await startBrowser();
for (const { file, path, eyes } of folder === undefined ? [history] : all) {
  await browser.eyes(eyes);
  await browser.open(`http://127.0.0.1:${served.port}${path}`);
  await browser.shot(file);
}
await browser.close();
await served.close();
