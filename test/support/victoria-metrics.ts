import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** A running VictoriaMetrics (single node) with an empty database. */
export interface VictoriaMetrics {
  readonly url: string;
  readonly pid: number;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts the real VictoriaMetrics, which scrapes every second. What is newer than a second is shown, not than 30 s.
 * @throws Error with its log when it does not start
 */
export async function startVictoriaMetrics(
  scraped: readonly { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> }[],
): Promise<VictoriaMetrics> {
  const dir = tempDir('victoria-metrics');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(dir, 'scrape.yml');
  // JSON is YAML.
  const job = { job_name: 'mirrorwatch', static_configs: scraped };
  writeFileSync(
    file,
    JSON.stringify({ global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: [job] }),
  );
  const server = await startProcess({
    name: 'victoria-metrics',
    command: commandPath('victoria-metrics'),
    args: [
      `-promscrape.config=${file}`,
      `-storageDataPath=${join(dir, 'data')}`,
      `-httpListenAddr=127.0.0.1:${port}`,
      '-search.latencyOffset=1s',
      '-search.disableCache',
      '-memory.allowedPercent=10',
    ],
    cwd: dir,
    ready: async () => (await fetch(`${url}/health`)).ok,
  });
  return {
    url,
    pid: server.pid,
    log: server.log,
    close: () => server.close(),
  };
}
