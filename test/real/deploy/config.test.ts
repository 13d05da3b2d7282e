import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { commandPath, repoDir, tempDir } from '../../support/paths.ts';
import { freePort } from '../../support/ports.ts';
import { mustRun, run, startProcess } from '../../support/process.ts';
import { real } from '../../support/requires.ts';
import { table } from '../../support/table.ts';

const inRepo = (path: string): string => join(repoDir, path);
const text = (path: string): string => readFileSync(inRepo(path), 'utf8');

real('docker-compose.yml and Dockerfile', ['deploy'], () => {
  const compose = (args: readonly string[], env: Record<string, string> = {}) =>
    run(commandPath('compose-check'), args, { env });

  it('docker compose would take the file: its own library reads it against the published schema', async () => {
    const { code, stdout, stderr } = await compose([inRepo('docker-compose.yml')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const model = JSON.parse(stdout) as { services: Record<string, { read_only: boolean }> };
    expect(Object.keys(model.services).sort()).toEqual([
      'alertmanager',
      'demo',
      'door',
      'grafana',
      'mirrorwatch',
      'prometheus',
      'token',
    ]);
  });

  it('and the file of three places', async () => {
    const { code, stdout, stderr } = await compose([inRepo('docker-compose.places.yml')]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const model = JSON.parse(stdout) as { services: Record<string, { image: string }> };
    expect(Object.keys(model.services).sort()).toEqual([
      'ams',
      'demo',
      'fleet',
      'fra',
      'prometheus',
      'sgp',
      'token',
      'victoriametrics',
    ]);
  });

  it('MIRRORWATCH_CONFIG_DIR mounts another folder', async () => {
    const { stdout } = await compose([inRepo('docker-compose.yml')], { MIRRORWATCH_CONFIG_DIR: './examples' });
    expect(stdout).toContain(`"source": "${inRepo('examples')}"`);
  });

  it("BuildKit's linter has nothing to say about the Dockerfile", async () => {
    const checked = await run(commandPath('dockerfile-check'), [inRepo('Dockerfile')]);
    expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
  });
});

real('deploy/prometheus', ['promtool'], () => {
  it.each(['deploy/prometheus/prometheus.yml', 'deploy/compose/places/prometheus.yml'])(
    'promtool takes %s, with the rules where the container has them',
    async (file) => {
      const folder = tempDir('promtool');
      const rules = inRepo('alerts/*.yml');
      const token = join(folder, 'token');
      writeFileSync(token, 'x');
      const changed = text(file)
        .replace('/etc/prometheus/alerts/*.yml', rules)
        .replace('/run/mirrorwatch/token', token);
      writeFileSync(join(folder, 'prometheus.yml'), changed);
      const said = await mustRun(commandPath('promtool'), ['check', 'config', join(folder, 'prometheus.yml')]);
      expect(said).toMatch(/SUCCESS: .*prometheus\.yml is valid/);
      expect(said).toMatch(/SUCCESS: \d+ rules found/);
    },
  );
});

real('deploy/compose/places/prometheus.yml', ['victoria'], () => {
  it('VictoriaMetrics takes it with the flags of its service', async () => {
    const { services } = parse(text('docker-compose.places.yml'), { merge: true }) as {
      services: { victoriametrics: { command: readonly string[] } };
    };
    const flags = services.victoriametrics.command.map((flag) =>
      flag.replace('/etc/prometheus/prometheus.yml', inRepo('deploy/compose/places/prometheus.yml')),
    );
    expect(flags[0]).toContain(repoDir);
    const checked = await run(commandPath('victoria-metrics'), [...flags, '-dryRun']);
    expect({
      code: checked.code,
      wrong: checked.stderr.split('\n').filter((line) => /error|fatal/.test(line)),
    }).toEqual({ code: 0, wrong: [] });
  });
});

real('deploy/alertmanager.yml', ['amtool', 'alertmanager'], () => {
  const file = inRepo('deploy/alertmanager.yml');

  it('amtool takes it', async () =>
    expect(await mustRun(commandPath('amtool'), ['check-config', file])).toContain('SUCCESS'));

  it.each(table<[string, readonly string[], string][]>('real/deploy/config', '%s goes where it should'))(
    '%s goes where it should',
    async (_what, labels, receivers) => {
      const args = ['config', 'routes', 'test', `--config.file=${file}`, `--verify.receivers=${receivers}`, ...labels];
      expect((await mustRun(commandPath('amtool'), args)).trim()).toBe(receivers);
    },
  );

  it.each([
    ['its own place', ['vantage=a'], 'mirrorwatch,people'],
    ['most places, which has no vantage', [], 'mirrorwatch,people'],
    ['another place', ['vantage=b'], 'people'],
  ])('with several daemons, as its comment says, each is told of %s', async (_what, labels, receivers) => {
    const folder = tempDir('routes');
    const changed = text('deploy/alertmanager.yml').replace(
      `matchers: ['mirror_action="failover"']`,
      `matchers: ['mirror_action="failover"', 'vantage=~"a|"']`,
    );
    expect(changed).not.toBe(text('deploy/alertmanager.yml'));
    writeFileSync(join(folder, 'alertmanager.yml'), changed);
    const args = ['config', 'routes', 'test', `--config.file=${join(folder, 'alertmanager.yml')}`];
    const said = await mustRun(commandPath('amtool'), [
      ...args,
      'alertname=MirrorSlow',
      'mirror_action=failover',
      ...labels,
    ]);
    expect(said.trim()).toBe(receivers);
  });

  it('mutes in a running Alertmanager what it says it mutes, for that place and that mirror only', async () => {
    const folder = tempDir('inhibit');
    mkdirSync(join(folder, 'data'));
    writeFileSync(
      join(folder, 'alertmanager.yml'),
      text('deploy/alertmanager.yml').replace('mirrorwatch:10120', '127.0.0.1:9'),
    );
    const address = `127.0.0.1:${await freePort()}`;
    const server = await startProcess({
      name: 'alertmanager',
      command: commandPath('prometheus-alertmanager'),
      args: [
        `--config.file=${join(folder, 'alertmanager.yml')}`,
        `--storage.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--cluster.listen-address=',
      ],
      ready: async () => (await fetch(`http://${address}/-/ready`)).ok,
    });
    try {
      const alert = (alertname: string, vantage: string, registry: string, what = '') => ({
        labels: {
          alertname,
          ...(vantage && { vantage }),
          ...(registry && { registry, ecosystem: 'go' }),
          ...(what && { what }),
        },
      });
      const rows: readonly (readonly [ReturnType<typeof alert>, 'suppressed' | 'active'])[] = [
        [alert('VantageSuspect', 'a', '', 'suspect'), 'active'],
        [alert('VantageSuspect', 'b', '', 'unjudged'), 'active'],
        [alert('MirrorDown', 'a', 'm1'), 'suppressed'],
        [alert('MirrorDegraded', 'a', 'm2'), 'suppressed'],
        [alert('MirrorContentMismatch', 'a', 'm1'), 'active'],
        [alert('MirrorCertificateExpires', 'a', 'm1'), 'active'],
        [alert('MirrorwatchConfigurationIgnored', 'a', ''), 'active'],
        [alert('MirrorDown', 'b', 'm1'), 'active'],
        [alert('MirrorDegraded', 'b', 'm1'), 'suppressed'],
        [alert('MirrorAdvice', 'b', 'm1'), 'suppressed'],
        [alert('MirrorAdvice', 'b', 'm2'), 'active'],
        [alert('MirrorSlow', 'b', 'm2'), 'active'],
        [alert('MirrorDownMostPlaces', '', 'm3'), 'active'],
        [alert('MirrorDown', 'b', 'm3'), 'suppressed'],
        [alert('MirrorSlow', '', 'm3'), 'suppressed'],
        [alert('MirrorDegradedMostPlaces', '', 'm3', 'slow'), 'suppressed'],
        [alert('MirrorDegradedMostPlaces', '', 'm7', 'burning'), 'active'],
        [alert('MirrorErrorBudgetFast', 'd', 'm7'), 'suppressed'],
        [alert('MirrorSlow', 'd', 'm7'), 'active'],
        [alert('VantageOutlier', 'a', ''), 'suppressed'],
        [alert('MirrorErrorBudgetFast', 'b', 'm4'), 'active'],
        [alert('MirrorErrorBudgetSlow', 'b', 'm4'), 'suppressed'],
        [alert('MirrorErrorBudgetSlow', 'b', 'm5'), 'active'],
        [alert('MirrorErrorBudgetFast', 'b', 'm1'), 'suppressed'],
        [alert('VantageOutlier', 'c', ''), 'active'],
        [alert('MirrorDown', 'c', 'm5'), 'suppressed'],
        [alert('MirrorDegraded', 'c', 'm6'), 'active'],
      ];
      await fetch(`http://${address}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(rows.map(([one]) => one)),
      });
      type Held = { labels: Record<string, string>; status: { state: string } };
      const asked = async (): Promise<readonly Held[]> =>
        (await (await fetch(`http://${address}/api/v2/alerts`)).json()) as Held[];
      const sorted = (labels: object): string => JSON.stringify(Object.entries(labels).sort());
      const states = async () => {
        const held = await asked();
        return rows.map(([{ labels }]) => [
          labels,
          held.find((one) => sorted(one.labels) === sorted(labels))?.status.state,
        ]);
      };
      // What mutes is learnt a moment after what is muted was taken.
      const expected = rows.map(([{ labels }, state]) => [labels, state]);
      let seen = await states();
      for (let tries = 0; tries < 100 && JSON.stringify(seen) !== JSON.stringify(expected); tries += 1) {
        await sleep(100);
        seen = await states();
      }
      expect(seen).toEqual(expected);
    } finally {
      await server.close();
    }
  });
});

real('deploy/systemd', ['systemd-analyze'], () => {
  const units = readdirSync(inRepo('deploy/systemd')).filter((name) => name.endsWith('.service'));

  it('there are units for the daemon, the front door and the page of all places', () =>
    expect(units.toSorted()).toEqual(['mirrorwatch-door.service', 'mirrorwatch-fleet.service', 'mirrorwatch.service']));

  it.each(units)('systemd takes %s', async (unit) => {
    // It looks for the programs that the unit starts.
    const folder = tempDir('systemd');
    const changed = text(`deploy/systemd/${unit}`).replaceAll('/usr/bin/node', process.execPath);
    writeFileSync(join(folder, unit), changed);
    const { code, stderr } = await run(commandPath('systemd-analyze'), ['verify', '--man=no', join(folder, unit)]);
    expect({ code, mine: stderr.split('\n').filter((line) => line.includes('mirrorwatch')) }).toEqual({
      code: 0,
      mine: [],
    });
  });

  it.each(units)('%s says when it is ready, and is started again when its main loop hangs', (unit) => {
    const lines = text(`deploy/systemd/${unit}`).split('\n');
    for (const line of ['Type=notify', 'NotifyAccess=all', 'WatchdogSec=60', 'Restart=on-failure'])
      expect(lines).toContain(line);
    // A missing node is said in words, and not as 203/EXEC alone.
    const node = /^ExecStart=(\S+)/m.exec(lines.join('\n'))?.[1];
    expect(lines).toContain(`AssertFileIsExecutable=${node}`);
  });

  it.each(units)('%s leaves it little to harm with: an exposure of at most 2.0 of 10', async (unit) => {
    const { code, stdout } = await run(commandPath('systemd-analyze'), [
      'security',
      '--offline=true',
      '--threshold=20',
      inRepo(`deploy/systemd/${unit}`),
    ]);
    expect({ code, said: /exposure level .*: [\d.]+ OK/.test(stdout) }).toEqual({ code: 0, said: true });
  });
});

it('deploy/systemd: stops later than the daemon drains, and does not start a wrong configuration again', () => {
  const unit = text('deploy/systemd/mirrorwatch.service');
  const { services } = parse(text('docker-compose.yml'), { merge: true }) as {
    services: { mirrorwatch: { stop_grace_period: string } };
  };
  expect(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]).toBe('20');
  expect(services.mirrorwatch.stop_grace_period).toBe('20s');
  expect(unit).toMatch(/^RestartPreventExitStatus=2$/m);
});
