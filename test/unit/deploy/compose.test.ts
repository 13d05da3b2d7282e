import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { repoDir } from '../../support/paths.ts';
import { diskFiles } from '../config/support.ts';

interface Service {
  readonly image: string;
  readonly build?: string;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck: { readonly test?: readonly string[]; readonly disable?: boolean };
}

const text = (path: string): string => readFileSync(join(repoDir, path), 'utf8');
const withDefaults = (value: string): string => value.replace(/\$\{\w+:-([^}]*)\}/g, '$1');
interface File {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}
type Mount = { readonly name: string; readonly source: string; readonly target: string; readonly mode: string };
const read = (name: string): File => parse(withDefaults(text(name)), { merge: true }) as File;
const mountsOf = ({ services }: File): readonly Mount[] =>
  Object.entries(services).flatMap(([name, { volumes = [] }]) =>
    volumes.map((volume) => {
      const [source = '', target = '', mode = 'rw'] = volume.split(':');
      return { name, source, target, mode };
    }),
  );
const files = ['docker-compose.yml', 'docker-compose.places.yml'].map((name) => {
  const file = read(name);
  return { compose: name, file, mounts: mountsOf(file) };
});
const allServices = files.flatMap(({ compose, file, mounts }) =>
  Object.entries(file.services).map(([name, service]) => ({ compose, file, mounts, name, service })),
);
const file = read('docker-compose.yml');
const services = Object.entries(file.services);
const mounts = mountsOf(file);
const targetOf = (name: string, source: string): string | undefined =>
  mounts.find((mount) => mount.name === name && mount.source === source)?.target;

/** Programs that each image has, by its makers' Dockerfile; ours has what deploy/rootfs.sh puts there. */
const programs: Readonly<Record<string, readonly string[]>> = {
  mirrorwatch: ['/usr/local/bin/node'],
  'prom/prometheus': ['wget'],
  'prom/alertmanager': ['wget'],
  'grafana/grafana': ['wget'],
  'victoriametrics/victoria-metrics': ['wget'],
};

describe.each(allServices)('service $name of $compose', ({ file, mounts, name, service }) => {
  it('runs hardened: not as root, read-only, without capabilities', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
  });

  it('has an image pinned by a whole version', () =>
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?$/));

  it('mounts files that exist, read-only, and declared volumes', () => {
    for (const { source, target, mode } of mounts.filter((mount) => mount.name === name)) {
      expect(target, source).toMatch(/^\//);
      if (!source.startsWith('.')) expect(Object.keys(file.volumes), source).toContain(source);
      else
        expect({ source, mode, exists: existsSync(join(repoDir, source)) }).toEqual({
          source,
          mode: 'ro',
          exists: true,
        });
    }
  });

  it('is published on loopback only', () => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it('has a health check that its image can run', () => {
    if (name === 'token') return expect(service.healthcheck).toEqual({ disable: true });
    const [kind, program, ...args] = service.healthcheck.test ?? [];
    expect(kind).toBe('CMD');
    expect(programs[service.image.split(':')[0] ?? '']).toContain(program);
    const port = /127\.0\.0\.1:(\d+)/.exec(args.join(' '))?.[1];
    const script = mounts.find((mount) => mount.name === name && mount.source.endsWith('.mjs'))?.source ?? '';
    if (name === 'demo') expect(text(script)).toContain(`relay(${port},`);
    else if (port !== undefined) expect(service.ports?.[0]).toMatch(new RegExp(`:${port}$`));
  });

  it('waits for services that exist, by a condition they can meet', () => {
    for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
      const ends = file.services[other]?.healthcheck.disable === true;
      expect({ other, condition }).toEqual({
        other,
        condition: ends ? 'service_completed_successfully' : 'service_healthy',
      });
    }
  });

  it('waits for the token where it reads it', () => {
    const reads = mounts.some((mount) => mount.name === name && mount.source === 'token' && mount.mode === 'ro');
    const waits = (one: string): boolean =>
      Object.keys(file.services[one]?.depends_on ?? {}).some((other) => other === 'token' || waits(other));
    if (reads) expect(waits(name)).toBe(true);
  });
});

it('mounts the folder of the configuration: a mounted file would stay the one that an editor has replaced', () => {
  const { source = '' } =
    mounts.find(({ name, target }) => name === 'mirrorwatch' && target === '/etc/mirrorwatch') ?? {};
  expect(statSync(join(repoDir, source)).isDirectory()).toBe(true);
});

it.each(files)('$compose uses every volume it declares', ({ file, mounts }) =>
  expect(Object.keys(file.volumes).filter((volume) => !mounts.some(({ source }) => source === volume))).toEqual([]),
);

it.each(files)('$compose has no secret in it: the token is made at the first start', ({ compose }) => {
  expect(text('deploy/compose/token.mjs')).toContain('randomBytes(24)');
  expect(text(compose)).not.toMatch(/(password|token|secret)["']?:\s*["']?[A-Za-z0-9]{8,}/i);
});

describe('the addresses that the services know of each other', () => {
  it('the daemon: a configuration that loads, on the port and the paths that are mounted', () => {
    const path = '/etc/mirrorwatch/mirrorwatch.yaml';
    expect(`${targetOf('mirrorwatch', './deploy/compose/config')}/mirrorwatch.yaml`).toBe(path);
    expect(text('Dockerfile')).toContain(`MIRRORWATCH_CONFIG=${path}`);
    const tokenPath = `${targetOf('mirrorwatch', 'token')}/token`;
    const loaded = loadConfig({
      text: text('deploy/compose/config/mirrorwatch.yaml'),
      path,
      env: {},
      files: {
        ...diskFiles,
        read: (wanted) =>
          [tokenPath, `${targetOf('door', 'token')}/door-token`].includes(wanted)
            ? { tag: 'ok', text: 'a-token-of-some-length' }
            : diskFiles.read(wanted),
      },
      expand: expandTargets,
    });
    if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
    const { listen, state, mirrors, door } = loaded.value.config;
    expect({ daemon: door?.daemon, port: door?.listen.port, order: door?.orderPath }).toEqual({
      daemon: 'http://mirrorwatch:10120',
      port: 10_121,
      order: `${targetOf('door', 'door')}/door.json`,
    });
    expect({ host: listen.host, port: listen.port, state: state.path }).toEqual({
      host: '0.0.0.0',
      port: 10_120,
      state: `${targetOf('mirrorwatch', 'state')}/mirrorwatch.db`,
    });
    for (const { url } of mirrors) {
      const { hostname, port } = new URL(String(url));
      expect(Object.keys(file.services)).toContain(hostname);
      expect(text('deploy/compose/demo-mirrors.mjs')).toContain(`relay(${port},`);
    }
  });

  it('Prometheus: rules, targets, token and Alertmanager', () => {
    const config = parse(text('deploy/prometheus/prometheus.yml')) as {
      rule_files: readonly string[];
      alerting: { alertmanagers: readonly { static_configs: readonly { targets: readonly string[] }[] }[] };
      scrape_configs: readonly {
        job_name: string;
        authorization?: { credentials_file: string };
        static_configs: readonly { targets: readonly string[]; labels?: { vantage: string } }[];
      }[];
    };
    expect(config.rule_files).toEqual([`${targetOf('prometheus', './alerts')}/*.yml`]);
    const ports: Record<string, string | undefined> = {};
    for (const [name, { ports: [port] = [] }] of services) ports[name] = port?.split(':').at(-1);
    const [watcher, ...others] = config.scrape_configs;
    expect(watcher?.static_configs).toEqual([
      { targets: [`mirrorwatch:${ports['mirrorwatch']}`], labels: { vantage: 'compose' } },
    ]);
    expect(text('deploy/compose/config/mirrorwatch.yaml')).toMatch(/^vantage: compose$/m);
    expect(watcher?.authorization?.credentials_file).toBe(`${targetOf('prometheus', 'token')}/token`);
    const targets = [...others, ...config.alerting.alertmanagers].flatMap(
      (one) => one.static_configs[0]?.targets ?? [],
    );
    expect(targets).toEqual(['localhost:9090', 'alertmanager:9093', 'alertmanager:9093']);
    expect([ports['prometheus'], ports['alertmanager']]).toEqual(['9090', '9093']);
    const args = file.services['prometheus']?.command ?? [];
    expect(args).toContain(`--config.file=${targetOf('prometheus', './deploy/prometheus/prometheus.yml')}`);
    expect(args).toContain(`--storage.tsdb.path=${targetOf('prometheus', 'prometheus')}`);
    expect(args).toContain('--enable-feature=exemplar-storage');
  });

  it('Alertmanager: its file, its storage, the token and the daemon', () => {
    const args = file.services['alertmanager']?.command ?? [];
    expect(args).toContain(`--config.file=${targetOf('alertmanager', './deploy/alertmanager.yml')}`);
    expect(args).toContain(`--storage.path=${targetOf('alertmanager', 'alertmanager')}`);
    const config = text('deploy/alertmanager.yml');
    expect(config).toContain('url: http://mirrorwatch:10120/api/v1/alertmanager');
    expect(config).toContain(`credentials_file: ${targetOf('alertmanager', 'token')}/token`);
  });

  it('Grafana: provisioning, boards and the way from an exemplar to its probe', () => {
    expect(targetOf('grafana', './deploy/grafana/provisioning')).toBe('/etc/grafana/provisioning');
    const provider = parse(text('deploy/grafana/provisioning/dashboards/mirrorwatch.yaml')) as {
      providers: readonly { options: { path: string } }[];
    };
    expect(provider.providers.map(({ options }) => options.path)).toEqual([targetOf('grafana', './dashboards')]);
    const { datasources } = parse(text('deploy/grafana/provisioning/datasources/prometheus.yaml')) as {
      datasources: readonly { url: string; jsonData: { exemplarTraceIdDestinations: readonly object[] } }[];
    };
    expect(datasources.map(({ url }) => url)).toEqual(['http://prometheus:9090']);
    expect(datasources[0]?.jsonData.exemplarTraceIdDestinations).toMatchObject([
      {
        name: 'probe_id',
        url: expect.stringMatching(/^http:\/\/localhost:\$\{MIRRORWATCH_PORT\}\/probes\/\$\$\{__value\.raw\}$/),
      },
    ]);
    const { MIRRORWATCH_PORT: port, GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: home } =
      file.services['grafana']?.environment ?? {};
    expect(port).toBe(10_120);
    expect(existsSync(join(repoDir, String(home).replace('/etc/grafana/', '')))).toBe(true);
  });

  it.each(files)('scripts of $compose are files and import what the image has', ({ mounts }) => {
    for (const { source } of mounts.filter((mount) => mount.source.endsWith('.mjs'))) {
      expect(statSync(join(repoDir, source)).isFile()).toBe(true);
      const imports = [...text(source).matchAll(/from '(\/app\/dist\/[^']+)\.js'/g)].map(([, path]) => path);
      for (const path of imports)
        expect(existsSync(join(repoDir, `${path?.replace('/app/dist', 'src')}.ts`))).toBe(true);
    }
  });
});

describe('the three places of docker-compose.places.yml', () => {
  const { services } = read('docker-compose.places.yml');
  const watching = Object.entries(services).filter(([, { environment }]) => environment?.['PLACE'] !== undefined);

  it.each(watching)(
    '%s: a configuration that loads, with its own mirrors, labels and published page',
    (name, service) => {
      const env = Object.fromEntries(
        Object.entries(service.environment ?? {}).map(([key, value]) => [key, String(value)]),
      );
      const loaded = loadConfig({
        text: text('deploy/compose/places/mirrorwatch.yaml'),
        path: '/etc/mirrorwatch/mirrorwatch.yaml',
        env,
        files: {
          ...diskFiles,
          read: (wanted) =>
            wanted === '/run/mirrorwatch/token'
              ? { tag: 'ok', text: 'a-token-of-some-length' }
              : diskFiles.read(wanted),
        },
        expand: expandTargets,
      });
      if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
      const { vantage, labels, mirrors } = loaded.value.config;
      const published = service.ports?.[0]?.split(':')[1];
      expect({ vantage, labels }).toEqual({
        vantage: name,
        labels: { group: 'demo', network: name, page: `http://localhost:${published}` },
      });
      expect(mirrors.map(({ name }) => name)).toEqual(['near', 'far', 'third']);
      for (const { url } of mirrors)
        expect(text('deploy/compose/place-mirrors.mjs')).toContain(`relay(${new URL(String(url)).port},`);
    },
  );

  it('have ports and mirrors of their own, and are what both stores scrape', () => {
    expect(new Set(watching.map(([, { ports }]) => ports?.[0])).size).toBe(3);
    expect(new Set(watching.map(([, { environment }]) => environment?.['SLOT'])).size).toBe(3);
    const { scrape_configs: jobs } = parse(text('deploy/compose/places/prometheus.yml')) as {
      scrape_configs: readonly { authorization: object; static_configs: readonly object[] }[];
    };
    expect(jobs).toEqual([
      {
        job_name: 'mirrorwatch',
        authorization: { credentials_file: '/run/mirrorwatch/token' },
        static_configs: watching.map(([name]) => ({ targets: [`${name}:10120`], labels: { vantage: name } })),
      },
    ]);
    expect(services['fleet']?.command?.slice(0, 3)).toEqual(['fleet', '--store', 'http://prometheus:9090']);
  });
});
