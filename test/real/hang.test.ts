import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Goproxy, startGoproxy } from '../support/goproxy.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { hollowPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { until } from '../support/patience.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import type { AdviceJson, Advices, FindingJson, Mirrors, TargetJson, Targets } from './views.ts';

const slowMs = 4_000;
/** Of scheduled probes. It is so long that the end of none of them can lead to the advice. */
const timeoutMs = 100_000;
/** After so many good responses a pending probe of 5 s is a doubt (`fewResponses` of patience.ts); before, of 10 s. */
const known = 20;

interface Opened extends FindingJson {
  readonly openedAt: string;
}
interface Issued extends AdviceJson {
  readonly issuedAt: string;
  readonly reason: string;
}

real(
  'a real goproxy that is stopped, so that it accepts connections and never responds',
  ['goproxy', 'tree', 'nginx'],
  () => {
    let origin: Nginx;
    let a: Goproxy;
    let slow: RawServer;
    let fast: RawServer;
    let daemon: DaemonProcess;

    beforeAll(async () => {
      const packages = [hollowPackage('hello', '1.0.0')];
      origin = await startNginx({ root: moduleTree().dir });
      [a, slow, fast] = await Promise.all([
        startGoproxy({ upstream: origin.httpUrl }),
        startNpmRegistry({ packages }),
        startNpmRegistry({ packages }),
      ]);
      daemon = await startDaemon({
        yaml: `
schedule: { every: 1s, timeout: ${timeoutMs}ms, perHost: 4 }
mirrors:
  - { name: a, ecosystem: go, url: "${a.url}", weight: 100 }
  - { name: b, ecosystem: go, url: "${origin.httpUrl}" }
  - { name: slow, ecosystem: npm, url: "${slow.url}", weight: 100 }
  - { name: fast, ecosystem: npm, url: "${fast.url}" }
clients: { go: "${a.url},${origin.httpUrl},direct", npm: "${slow.url}" }
modules: { go: [ rsc.io/quote@v1.5.2 ], npm: [ hello@1.0.0 ] }
go: { sumdb: "off" }
`,
      });
    });

    afterAll(async () => {
      await daemon?.close();
      for (const server of [a, origin, slow, fast]) await server?.close();
    });

    const findingsOf = async (registry: string): Promise<readonly Opened[]> =>
      (await daemon.api<{ readonly findings: readonly Opened[] }>('findings')).findings.filter(
        (one) => one.registry === registry,
      );
    const canaryOf = async (registry: string): Promise<TargetJson | undefined> =>
      (await daemon.api<Targets>(`targets?registry=${registry}`)).targets.find((one) => one.canary);

    test('it is left soon, although no scheduled probe has ended; a mirror that responds after 4 s is not down', async () => {
      await until(
        'good responses of both mirrors in use',
        async () => {
          const metrics = await daemon.metrics();
          return [...metrics].filter(
            ([name, count]) =>
              /^mirror_probe_attempts_total.*registry="(a|slow)",.*step="(mod|metadata)"/.test(name) && count >= known,
          ).length;
        },
        (count) => count === 2,
        { help: daemon.log },
      );
      const fromMs = Date.now();
      a.signal('SIGSTOP');
      slow.setDelay(slowMs);
      const { advice } = await until(
        'advice to leave the stopped mirror',
        () => daemon.api<Advices>('advice'),
        (answer) => answer.advice.some(({ from }) => from === 'a'),
        { help: daemon.log },
      );
      const issued = advice.find(({ from }) => from === 'a') as Issued;
      expect(issued).toMatchObject({ to: 'b', state: 'proposed' });
      expect(issued.reason).toMatch(
        /^a hangs \(timeout_processing\): none of \d+ probes in the last \d+ s got a complete response/,
      );
      const [outage] = await until(
        'the finding',
        () => findingsOf('a'),
        (all) => all.length > 0,
        { help: daemon.log },
      );
      expect(outage).toMatchObject({ kind: 'outage', cause: 'timeout_processing' });
      // Usually 10 s. If only the end of a scheduled probe counted, it would be 100 s.
      for (const at of [issued.issuedAt, outage?.openedAt])
        expect(Date.parse(at ?? '') - fromMs).toBeLessThan(timeoutMs / 2);

      const slowest = await until(
        'a slow response',
        () => canaryOf('slow'),
        (one) => (one?.lastRttSeconds ?? 0) >= slowMs / 1_000,
        { help: daemon.log },
      );
      expect(slowest?.lastOutcome).toBe('ok');
      expect((await findingsOf('slow')).filter(({ kind }) => kind !== 'spike')).toEqual([]);
      const { mirrors } = await daemon.api<Mirrors>('mirrors');
      expect(mirrors.filter(({ state }) => state === 'down').map(({ registry }) => registry)).toEqual(['a']);
    });

    test('once it continues, its outage ends', async () => {
      a.signal('SIGCONT');
      await until(
        'no outage',
        () => findingsOf('a'),
        (all) => all.length === 0,
        { help: daemon.log },
      );
      expect(await daemon.stop()).toBe(0);
      expect(daemon.log()).not.toContain('defect');
    });
  },
);
