import { afterAll, expect, test } from 'vitest';
import { createClientRunner } from '../../src/io/client-runner.ts';
import { startRealDaemon } from '../daemon/real-daemon.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { commandDirs } from '../support/paths.ts';
import { freePort } from '../support/ports.ts';
import { real } from '../support/requires.ts';

real('a daemon that runs the real go', ['go', 'nginx', 'tree'], () => {
  const servers: Nginx[] = [];
  const started = async (...of: Parameters<typeof startNginx>): Promise<Nginx> => {
    const server = await startNginx(...of);
    servers.push(server);
    return server;
  };
  afterAll(() => Promise.all(servers.map((server) => server.close())));

  test('finds that one of its mirrors serves us alone, and says so until it serves all', async () => {
    const tree = moduleTree();
    const ports = { httpPort: await freePort(), httpsPort: await freePort() };
    const whole = await started({ root: tree.dir });
    const extra = 'if ($http_user_agent !~ mirrorwatch) { return 403; }';
    const shy = await startNginx({ root: tree.dir, ...ports, extra });
    const yaml = `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 1s, timeout: 60s, perHost: 4 }
mirrors:
  - { name: whole, ecosystem: go, url: "${whole.httpUrl}" }
  - { name: shy, ecosystem: go, url: "${shy.httpUrl}" }
modules: { go: [ "rsc.io/quote@v1.5.2" ] }
go: { sumdb: off }
clientRuns: { clients: [ go ], timeout: 10m }
state: { path: /nowhere/state.db }`;
    const daemon = await startRealDaemon(yaml, {}, {}, null, undefined, {
      // Hours in a real file.
      config: (config) =>
        config.clientRuns === undefined ? config : { ...config, clientRuns: { ...config.clientRuns, everyMs: 1_000 } },
      ports: { clients: createClientRunner({ path: commandDirs.join(':') }) },
    });
    try {
      const about = async () => {
        const { findings } = JSON.parse((await daemon.get('/api/v1/findings')).text) as {
          findings: { kind: string; cause: string; text: string }[];
        };
        return findings.filter(({ cause }) => cause === 'client_differs').map(({ text }) => text);
      };
      await daemon.until('the difference is found', async () => (await about()).length === 1);
      expect(await about()).toEqual([
        expect.stringMatching(
          /go cannot fetch rsc\.io\/quote@v1\.5\.2 from shy \(.*403 Forbidden.*\), but our probes succeed\.$/,
        ),
      ]);
      await shy.close();
      await started({ root: tree.dir, ...ports });
      await daemon.until('they agree again', async () => (await about()).length === 0);
      const { mirrors } = JSON.parse((await daemon.get('/api/v1/mirrors')).text) as {
        mirrors: { registry: string; clientRuns: { client: string; outcome: string; agrees: boolean }[] }[];
      };
      expect(mirrors.find((one) => one.registry === 'whole')?.clientRuns).toMatchObject([
        { client: 'go', outcome: 'ok', agrees: true },
      ]);
      const { text } = await daemon.get('/metrics');
      expect(text).toMatch(/^mirror_client_failures_total\{ecosystem="go",registry="shy",client="go"\} [1-9]/m);
      expect(text).toMatch(/^mirror_client_failures_total\{ecosystem="go",registry="whole",client="go"\} 0$/m);
    } finally {
      await daemon.daemon.stop();
    }
  });
});
