import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Browser, startBrowser } from '../support/chromium.ts';
import { repoDir, tempDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { run } from '../unit/cli/run-program.ts';

real('the cards of examples/chats.yaml in a browser, as wide as a phone', ['chromium'], () => {
  const folder = tempDir('preview');
  let browser: Browser;
  beforeAll(async () => {
    browser = await startBrowser();
  });
  afterAll(() => browser.close());

  test.each([
    ['slack', 'en', 'Switch go from east to north'],
    ['feishu', 'zh-Hans', '建议：go 从 east 切换到 north'],
    ['dingtalk', 'zh-Hans', '建议：go 从 east 切换到 north'],
    ['wecom', 'zh-Hans', '建议：go 从 east 切换到 north'],
  ])('%s: nothing is cut off, and nothing is loaded', async (name, language, said) => {
    const { out } = await run(['webhook', 'preview', name, '--html', '--config', join(repoDir, 'examples/chats.yaml')]);
    const file = join(folder, `${name}.html`);
    writeFileSync(file, out);
    await browser.open(pathToFileURL(file).href);
    expect(await browser.read('document.documentElement.lang')).toBe(language);
    expect(await browser.read(`document.body.innerText.includes(${JSON.stringify(said)})`)).toBe(true);
    for (const width of [320, 375])
      expect(
        await browser.read(`(() => {
          document.body.style.width = '${width}px';
          return [...document.querySelectorAll('article')].filter((one) => one.scrollWidth > one.clientWidth || one.clientWidth > ${width}).length;
        })()`),
      ).toBe(0);
    expect(await browser.read("performance.getEntriesByType('resource').length")).toBe(0);
  });
});
