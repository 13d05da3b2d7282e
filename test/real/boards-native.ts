import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentTypes } from '../../src/export/negotiate.ts';
import { commandPath, removeTempDir, tempDir } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { startProcess } from '../support/process.ts';
import { seriesOfLine, seriesOfPage, writeSeries } from '../support/remote-write.ts';
import { modules, scrapesOf } from './boards-day.ts';
import { asker, type Past } from './boards-prometheus.ts';

const scrapeLabels = { job: 'mirrorwatch', instance: '10.0.0.5:10120', vantage: 'shanghai' };

/** A Prometheus 3 that holds the day with native histograms. @throws Error with what it said */
export async function startNativePast(): Promise<Past> {
  const dir = tempDir('native-past');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(dir, 'prometheus.yml'), '{}\n');
  const server = await startProcess({
    name: 'prometheus',
    command: commandPath('prometheus3'),
    args: [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      '--storage.tsdb.retention.time=100y',
      '--web.enable-remote-write-receiver',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: dir,
    ready: async () => (await fetch(`${url}/-/ready`)).ok,
  });
  for await (const { nowMs, page, beside } of scrapesOf(modules, contentTypes.protobuf)) {
    const bytes = Buffer.concat(page.filter((piece) => typeof piece !== 'string'));
    await writeSeries(url, [...seriesOfPage(bytes, scrapeLabels, nowMs), ...beside.map(seriesOfLine)]);
  }
  return {
    ...asker(url),
    close: async () => {
      await server.close();
      removeTempDir(dir);
    },
  };
}
