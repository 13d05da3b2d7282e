import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Browser, type Eyes, startBrowser } from '../test/support/chromium.ts';
import { fixture } from '../test/unit/api/fixture-deps.ts';
import { fixturePast } from '../test/unit/api/fixture-past.ts';
import { serve } from '../test/unit/api/server.ts';

// Draws pictures of the status page. `node tools/page-shots.ts` draws docs/history.png with the data of the tests, and
// docs/page.png with a demo on this machine, once the demo has advice. With a folder as argument, it draws every page
// with the data of the tests, in every theme, size and language.

const light: Eyes = { width: 1280, height: 900, scheme: 'light' };
const phone: Eyes = { width: 375, height: 780, scheme: 'light' };
const looks: Readonly<Record<string, Eyes>> = {
  light,
  dark: { ...light, scheme: 'dark' },
  phone,
  'phone-dark': { ...phone, scheme: 'dark' },
};
const languages = ['en', 'zh'] as const;
const pages: Readonly<Record<string, string>> = {
  overview: '/?',
  mirror: '/mirrors/campus?range=day',
  'mirror-slow': '/mirrors/coast?range=hour',
  probe: '/probes/p-campus-mod-0?',
  history: '/history?range=week',
  timeline: '/timeline?range=week&item=finding-w3',
};
const docs = join(import.meta.dirname, '../docs');

async function drawDemo(browser: Browser): Promise<void> {
  const main = join(import.meta.dirname, '../src/main.ts');
  const demo = spawn(process.execPath, [main, 'demo', '--lang', 'en'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  for await (const piece of demo.stdout) {
    told += String(piece);
    const url = /open (http:\/\/127\.0\.0\.1:\d+)/.exec(told)?.[1];
    if (url === undefined || !/ spike .*/.test(told) || !/ advice /.test(told)) continue;
    await browser.eyes({ width: 1280, height: 780, scheme: 'light' });
    await browser.open(`${url}/?lang=en`);
    await browser.until(`document.getElementById('live').textContent`, 'live');
    await browser.shot(join(docs, 'page.png'));
    break;
  }
  demo.kill('SIGTERM');
  if (demo.exitCode === null) await once(demo, 'exit');
}

const folder = process.argv[2];
const served = await serve(fixture(fixturePast).deps);
const browser = await startBrowser();
const at = (path: string): string => `http://127.0.0.1:${served.port}${path}`;
if (folder === undefined) {
  await browser.eyes(light);
  await browser.open(at('/history?range=week&lang=en'));
  await browser.shot(join(docs, 'history.png'));
  await drawDemo(browser);
} else {
  for (const [page, path] of Object.entries(pages))
    for (const [look, eyes] of Object.entries(looks))
      for (const language of languages) {
        await browser.eyes(eyes);
        await browser.open(at(`${path}&lang=${language}`));
        await browser.shot(join(folder, `${page}-${look}-${language}.png`));
      }
}
await browser.close();
await served.close();
