import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type DebianTree, makeAptRoot, makeDebianTree } from '../support/debian-tree.ts';
import { startDevpi } from '../support/devpi.ts';
import { goDownload } from '../support/go-client.ts';
import { startGoproxy } from '../support/goproxy.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { startNginx } from '../support/nginx.ts';
import { npmInstall } from '../support/npm-client.ts';
import { packPackage, startNpmRegistry } from '../support/npm-registry.ts';
import { removeTempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { freePort } from '../support/ports.ts';
import { pipDownload } from '../support/pypi-clients.ts';
import { startPypiIndex, tinyWheel } from '../support/pypi-index.ts';
import { startPypiserver } from '../support/pypiserver.ts';
import { real } from '../support/requires.ts';
import { type Switch, type SwitchMode, startSwitch } from '../support/switch.ts';
import { startVerdaccio } from '../support/verdaccio.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { type DoorProcess, startDoor } from './door-parts.ts';

// Real clients in a loop through both forms of the door, while the first mirror of each ecosystem, a real server, fails.
// Its figures are in docs/decisions/0082-door-without-a-daemon.md.

type Form = 'redirecting' | 'relaying';
interface Build {
  readonly client: string;
  readonly form: Form;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly code: number | null;
  readonly said: string;
}

const modules = ['rsc.io/quote@v1.5.2', 'github.com/google/uuid@v1.6.0'];

real(
  'real clients behind both forms of the door, while their first mirror fails',
  ['nginx', 'tree', 'go', 'goproxy', 'npm', 'verdaccio', 'pip', 'pypiserver', 'devpi', 'apt', 'gpgv'],
  () => {
    const servers: { close(): Promise<void> }[] = [];
    const switches: Switch[] = [];
    const doors = new Map<Form, DoorProcess>();
    let urls: Readonly<Record<string, string>>;
    let control: string;
    let debian: DebianTree;
    let daemon: DaemonProcess;

    const kept = <T extends { close(): Promise<void> }>(server: T): T => {
      servers.push(server);
      return server;
    };
    const switched = async (url: string): Promise<string> => {
      const one = await startSwitch(url);
      switches.push(one);
      return one.url;
    };

    beforeAll(async () => {
      const files = kept(await startNginx({ root: moduleTree().dir }));
      const cache = kept(await startGoproxy({ upstream: files.httpsUrl }));
      const packages = [packPackage({ name: 'hello', version: '1.0.0' })];
      const origin = kept(await startNpmRegistry({ packages }));
      const verdaccio = kept(await startVerdaccio(origin.url));
      const wheel = tinyWheel('tiny', '1.0');
      const devpi = kept(await startDevpi(kept(await startPypiIndex({ wheels: [wheel] })).indexUrl, ['tiny']));
      const pypiserver = kept(await startPypiserver([wheel]));
      debian = await makeDebianTree();
      const archives = [kept(await startNginx({ root: debian.dir })), kept(await startNginx({ root: debian.dir }))];
      urls = {
        'go-a': await switched(cache.url),
        'go-b': files.httpUrl,
        'npm-a': await switched(verdaccio.url),
        'npm-b': origin.url,
        'pypi-a': await switched(devpi.url),
        'pypi-b': pypiserver.url,
        'apt-a': await switched(archives[0]?.httpUrl ?? ''),
        'apt-b': archives[1]?.httpUrl ?? '',
      };
      control = files.httpsUrl.replace('https:', 'tcp:');
    });

    afterAll(async () => {
      for (const one of [...switches, ...servers.toReversed()]) await one.close();
      if (debian !== undefined) removeTempDir(debian.dir);
    });

    // Each fault has a daemon that knows nothing: after one fault it takes longer to go back to the first mirror.
    beforeEach(async () => {
      const ports = { redirecting: await freePort(), relaying: await freePort() };
      const yaml = `
vantage: real
schedule: { every: 1s, timeout: 3s, perHost: 4 }
mirrors:
  - { name: go-a, ecosystem: go, url: "${urls['go-a']}", weight: 100 }
  - { name: go-b, ecosystem: go, url: "${urls['go-b']}", weight: 50 }
  - { name: npm-a, ecosystem: npm, url: "${urls['npm-a']}", weight: 100 }
  - { name: npm-b, ecosystem: npm, url: "${urls['npm-b']}", weight: 50 }
  - { name: pypi-a, ecosystem: pypi, url: "${urls['pypi-a']}", weight: 100 }
  - { name: pypi-b, ecosystem: pypi, url: "${urls['pypi-b']}", weight: 50 }
  - { name: apt-a, ecosystem: http, upstream: debian, profile: debian, url: "${urls['apt-a']}", weight: 100 }
  - { name: apt-b, ecosystem: http, upstream: debian, profile: debian, url: "${urls['apt-b']}", weight: 50 }
modules:
  go: [ ${modules.join(', ')} ]
  npm: [ hello@1.0.0 ]
  pypi: [ tiny==1.0 ]
  http: [ { upstream: debian, path: dists/stable/InRelease } ]
controls: [ "${control}" ]
go: { sumdb: "off" }
advise: { hold: 6s }
door: { listen: "127.0.0.1:${ports.redirecting}" }
`;
      daemon = await startDaemon({ yaml });
      doors.set('redirecting', await startDoor(daemon.configFile, ports.redirecting));
      // The same file, at another port and with an order of its own.
      const other = join(daemon.dir, 'relay.yaml');
      const door = `door: { listen: "127.0.0.1:${ports.relaying}", relay: true, orderFile: relay.json }`;
      writeFileSync(other, readFileSync(daemon.configFile, 'utf8').replace(/^door: .*$/m, door));
      doors.set('relaying', await startDoor(other, ports.relaying));
    });

    afterEach(async () => {
      for (const one of [...doors.values(), daemon]) await one?.close();
    });

    const clients: Readonly<Record<string, (url: string) => Promise<{ code: number | null; said: string }>>> = {
      go: async (url) => {
        const { code, errors } = await goDownload(modules, { goproxy: `${url}/go` });
        return { code, said: errors.join('\n') };
      },
      npm: async (url) => {
        const { code, stderr } = await npmInstall('hello', { registry: `${url}/npm/` });
        return { code, said: stderr };
      },
      pypi: async (url) => {
        const { code, stderr } = await pipDownload(['tiny==1.0'], { PIP_INDEX_URL: `${url}/pypi/simple` });
        return { code, said: stderr };
      },
      apt: async (url) => {
        const apt = makeAptRoot([`deb [signed-by=${debian.keyFile}] ${url}/http/debian stable main`]);
        const update = await apt.get('update', '--error-on=any');
        const got = await apt.get('download', debian.package.name);
        removeTempDir(apt.dir);
        return { code: update.code === 0 ? got.code : update.code, said: update.stderr + got.stderr };
      },
    };

    const firstOf = async (letter: string): Promise<unknown> =>
      until(
        `the mirrors ${letter} come first at both doors`,
        async () => {
          const all = await Promise.all([...doors.values()].map((door) => door.metrics()));
          return all.map(
            (metrics) =>
              [...metrics].filter(
                ([name, place]) => /order_position.*-\w"/.test(name) && name.includes(`-${letter}"`) && place === 1,
              ).length,
          );
        },
        (counts) => counts.every((count) => count === 4),
        { help: daemon.log },
      );

    test.each<SwitchMode>(['killed', 'reset', 'hung'])('%s', async (mode) => {
      await firstOf('a');
      const builds: Build[] = [];
      // What came before what; no time is measured.
      let count = 0;
      const next = (): number => {
        count += 1;
        return count;
      };
      let isOver = false;
      const loops = [...doors].flatMap(([form, { url }]) =>
        Object.entries(clients).map(async ([client, build]) => {
          while (!isOver) {
            const startedAt = next();
            builds.push({ client, form, startedAt, ...(await build(url)), endedAt: next() });
          }
        }),
      );
      const each = async (what: string, since: number): Promise<unknown> =>
        until(
          what,
          () =>
            new Set(builds.flatMap(({ client, form, startedAt }) => (startedAt > since ? [client + form] : []))).size,
          (count) => count === loops.length,
          { help: () => JSON.stringify(builds.filter(({ code }) => code !== 0)) },
        );
      await each('a build of each', 0);
      const faultAt = next();
      for (const one of switches) await one.set(mode);
      await firstOf('b');
      const leftAt = next();
      // Clients that were led to what hangs would wait for a minute, or for ever: go has no timeout.
      if (mode === 'hung') for (const one of switches) await one.set('killed');
      await each('a build of each at the next mirror', leftAt);
      isOver = true;
      for (const one of switches) await one.set('well');
      await Promise.all(loops);
      // What docs/door.md excepts: before the first failed probe redirects lead to the mirror, and so do the URLs of files in
      // an index of Python or npm that a relay has passed.
      const mayFail = ({ client, form, startedAt }: Build): boolean =>
        form === 'redirecting' ? startedAt < leftAt : startedAt < faultAt && (client === 'npm' || client === 'pypi');
      const failed = builds.filter((build) => build.code !== 0 && (build.endedAt < faultAt || !mayFail(build)));
      expect(failed, `of ${builds.length}`).toEqual([]);
    });
  },
);
