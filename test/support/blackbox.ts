import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testCerts } from './certs.ts';
import { commandPath, tempDir } from './paths.ts';
import { freePort } from './ports.ts';
import { startProcess } from './process.ts';

/** A running blackbox_exporter. */
export interface Blackbox {
  readonly url: string;
  readonly port: number;
  /** Its process, to read its CPU time from /proc. */
  readonly pid: number;
  /** Has it probe a URL once over a fresh connection; gives its metrics page. Modules: `http_2xx`, `http_1`, `tcp_connect`. */
  readonly probe: (target: string, module?: string) => Promise<string>;
  readonly log: () => string;
  readonly close: () => Promise<void>;
}

/**
 * Starts Debian's blackbox_exporter, which trusts one CA and asks over IPv4.
 * @param caFile  left out: the test CA
 * @throws Error with its log when it does not start
 */
export async function startBlackbox(caFile: string = testCerts().ca.certFile): Promise<Blackbox> {
  const dir = tempDir('blackbox');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const configFile = join(dir, 'blackbox.yml');
  const http = { preferred_ip_protocol: 'ip4', tls_config: { ca_file: caFile } };
  // JSON is YAML.
  const modules = {
    http_2xx: { prober: 'http', timeout: '60s', http },
    http_1: { prober: 'http', timeout: '60s', http: { ...http, enable_http2: false } },
    tcp_connect: { prober: 'tcp', timeout: '60s', tcp: { preferred_ip_protocol: 'ip4' } },
  };
  writeFileSync(configFile, JSON.stringify({ modules }));
  const server = await startProcess({
    name: 'blackbox_exporter',
    command: commandPath('prometheus-blackbox-exporter'),
    args: [`--config.file=${configFile}`, `--web.listen-address=127.0.0.1:${port}`],
    cwd: dir,
    ready: async () => (await fetch(`${url}/-/healthy`)).ok,
  });
  return {
    url,
    port,
    pid: server.pid,
    probe: async (target, module = 'http_2xx') =>
      (await fetch(`${url}/probe?target=${encodeURIComponent(target)}&module=${module}`)).text(),
    log: server.log,
    close: () => server.close(),
  };
}
