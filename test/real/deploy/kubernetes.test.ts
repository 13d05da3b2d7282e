import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repoDir } from '../../support/paths.ts';
import { real } from '../../support/requires.ts';
import { chart, configIn, conform, helm, one, render, renderOf, values, type Workload } from './chart.ts';

const placesOf = [
  'places[0].name=zone-a',
  'places[0].config.labels.network=as64500',
  'places[0].nodeSelector.zone=a',
  'places[1].name=zone-b',
].join(',');

real('the Helm chart', ['deploy'], () => {
  it.each([
    ['its defaults', []],
    ['every part', ['-f', values]],
  ])('is clean by helm lint --strict, with %s', async (_what, args) => {
    const { code, stdout } = await helm('lint', '--strict', chart, ...args);
    expect(stdout).not.toMatch(/\[(ERROR|WARNING)\]/);
    expect(code).toBe(0);
  });

  it('renders what Kubernetes and the Prometheus operator take: every resource valid, none skipped', async () => {
    const { text, resources } = await render();
    const { code, stdout } = await conform(text);
    expect(stdout).toContain(`Valid: ${resources.length}, Invalid: 0, Errors: 0, Skipped: 0`);
    expect(code).toBe(0);
    expect([...new Set(resources.map(({ kind }) => kind))].sort()).toEqual([
      'ConfigMap',
      'Deployment',
      'NetworkPolicy',
      'PersistentVolumeClaim',
      'Pod',
      'PrometheusRule',
      'Secret',
      'Service',
      'ServiceMonitor',
    ]);
  });

  it.each([
    ['no persistence', ['--set', 'persistence.enabled=false']],
    ['a claim and a Secret of one’s own', ['--set', 'persistence.existingClaim=mine,token.existingSecret=mine']],
    [
      'nothing of the operator',
      [
        '--set',
        'serviceMonitor.enabled=false,prometheusRule.enabled=false,dashboards.enabled=false,networkPolicy.enabled=false',
      ],
    ],
    ['a digest', ['--set', `image.digest=sha256:${'a'.repeat(64)},image.registry=mirror.example.com/hub`]],
    ['a name of one’s own', ['--set', 'fullnameOverride=watcher,serviceAccount.create=true']],
    [
      'places to run',
      [
        '--set',
        'nodeSelector.a=b,priorityClassName=high,tolerations[0].key=k,imagePullSecrets[0].name=s,podLabels.x=y,podAnnotations.x=y,env[0].name=N,env[0].value=v,hostNetwork=true,topologySpreadConstraints[0].maxSkew=1,topologySpreadConstraints[0].topologyKey=zone,topologySpreadConstraints[0].whenUnsatisfiable=DoNotSchedule,extraVolumes[0].name=ca,extraVolumes[0].configMap.name=ca,extraVolumeMounts[0].name=ca,extraVolumeMounts[0].mountPath=/etc/ca',
      ],
    ],
  ])('renders valid with %s', async (_what, args) => {
    const { code, stdout } = await conform((await render(...args)).text);
    expect(stdout).toContain('Invalid: 0, Errors: 0, Skipped: 0');
    expect(code).toBe(0);
  });

  it('places: a Deployment, a Service, a scrape, a volume and a configuration each', async () => {
    const { text, resources } = await render('--set', placesOf);
    expect((await conform(text)).stdout).toContain(`Valid: ${resources.length}, Invalid: 0, Errors: 0, Skipped: 0`);
    for (const kind of ['Deployment', 'Service', 'ServiceMonitor'])
      expect(resources.flatMap((found) => (found.kind === kind ? [found.metadata.name] : []))).toEqual([
        'watch-mirrorwatch-zone-a',
        'watch-mirrorwatch-zone-b',
      ]);
    const places = ['zone-a', 'zone-b'].map((name) => {
      const { selector, template } = one(resources, 'Deployment', name).spec as unknown as Workload;
      expect(template.metadata.labels).toMatchObject(selector.matchLabels);
      expect(one(resources, 'Service', name).spec).toMatchObject({ selector: selector.matchLabels });
      const { metadata, spec } = one(resources, 'ServiceMonitor', name);
      expect(one(resources, 'Service', name).metadata.labels).toMatchObject(selector.matchLabels);
      expect({ labels: metadata.labels, spec }).toMatchObject({
        labels: selector.matchLabels,
        spec: { selector, endpoints: [{ relabelings: [{ targetLabel: 'vantage', replacement: name }, {}] }] },
      });
      const claim = one(resources, 'PersistentVolumeClaim', `${name}-state`).metadata.name;
      expect(template.spec.volumes).toContainEqual({ name: 'state', persistentVolumeClaim: { claimName: claim } });
      const { vantage, labels, mirrors } = configIn(one(resources, 'Secret', `${name}-config`));
      return {
        vantage,
        labels,
        mirrors: mirrors.length,
        part: selector.matchLabels['app.kubernetes.io/component'],
        nodes: template.spec.nodeSelector,
      };
    });
    expect(places).toEqual([
      { vantage: 'zone-a', labels: { network: 'as64500' }, mirrors: 6, part: 'zone-a', nodes: { zone: 'a' } },
      { vantage: 'zone-b', labels: undefined, mirrors: 6, part: 'zone-b', nodes: undefined },
    ]);
  });

  it.each([
    { name: 'one place', args: [] as string[], sets: ['watch-mirrorwatch'] },
    { name: 'two places', args: ['--set', placesOf], sets: ['watch-mirrorwatch-zone-a', 'watch-mirrorwatch-zone-b'] },
  ])('shards of $name: a StatefulSet each, whose pods have their shards by their names', async ({ args, sets }) => {
    const { text, resources } = await render('--set', 'shards=3', ...args);
    expect((await conform(text)).stdout).toContain(`Valid: ${resources.length}, Invalid: 0, Errors: 0, Skipped: 0`);
    expect(resources.filter(({ kind }) => kind === 'Deployment' || kind === 'PersistentVolumeClaim')).toEqual([]);
    expect(resources.flatMap(({ kind, metadata }) => (kind === 'StatefulSet' ? [metadata.name] : []))).toEqual(sets);
    for (const set of sets) {
      const { replicas, serviceName, template, volumeClaimTemplates } = one(resources, 'StatefulSet', set)
        .spec as unknown as Workload;
      expect({ replicas, serviceName }).toEqual({ replicas: 3, serviceName: set });
      expect(volumeClaimTemplates?.map(({ metadata }) => metadata.name)).toEqual(['state']);
      expect(template.spec.volumes.map(({ name }) => name)).toEqual(['config', 'token', 'tmp']);
      const env = template.spec.containers[0]?.env ?? [];
      expect(env.find(({ name }) => name === 'POD_NAME')?.valueFrom).toEqual({
        fieldRef: { fieldPath: 'metadata.name' },
      });
      const written = env.find(({ name }) => name === 'MIRRORWATCH_SHARD')?.value ?? '';
      // What Kubernetes makes of it in the pods of the set.
      const shards = [0, 1, 2].map((ordinal) => {
        const MIRRORWATCH_SHARD = written.replace('$(POD_NAME)', `${set}-${ordinal}`);
        return configIn(one(resources, 'Secret', `${set}-config`), { MIRRORWATCH_SHARD }).shard;
      });
      expect(shards).toEqual([0, 1, 2].map((index) => ({ index, count: 3 })));
    }
  });

  it('one volume is not for several daemons', () =>
    expect(render('--set', 'persistence.existingClaim=mine,shards=2')).rejects.toThrow(
      'persistence.existingClaim is the volume of one daemon: not with places or shards',
    ));

  it('its values schema refuses what cannot work, with its place', async () => {
    const refused = async (...args: string[]): Promise<string> =>
      (await helm('template', chart, '--kube-version', '1.32.0', ...args)).stderr;
    expect(await refused()).toContain('config.mirrors: name at least one mirror');
    expect(await refused('-f', values, '--set', 'replicas=2')).toContain('Additional property replicas is not allowed');
    expect(await refused('-f', values, '--set', 'config.listen=0.0.0.0:1')).toContain(
      'config: Additional property listen is not allowed',
    );
    expect(await refused('-f', values, '--set', 'places[0].name=A_b')).toContain(
      'places.0.name: Does not match pattern',
    );
    expect(await refused('-f', values, '--set', 'image.digest=latest')).toContain(
      'image.digest: Does not match pattern',
    );
  });

  it('makes resources of the Prometheus operator where the cluster has them, or where they are wanted', async () => {
    const made = async (...args: string[]): Promise<readonly string[]> => {
      const { stdout } = await helm('template', chart, '--kube-version', '1.32.0', '-f', values, ...args);
      return [...stdout.matchAll(/^kind: (ServiceMonitor|PrometheusRule)$/gm)].map(([, kind = '']) => kind).sort();
    };
    expect(await made()).toEqual([]);
    expect(await made('--api-versions', 'monitoring.coreos.com/v1')).toEqual(['PrometheusRule', 'ServiceMonitor']);
    expect(await made('--set', 'serviceMonitor.enabled=true')).toEqual(['ServiceMonitor']);
  });

  it('egress: the ports of mirrors, proxies, controls, receivers and stores, and no others', async () => {
    const allowed = async (...args: string[]): Promise<readonly unknown[]> => {
      const { spec } = one((await render(...args)).resources, 'NetworkPolicy');
      const [, web] = (spec as { egress: readonly { ports: readonly { port: unknown }[] }[] }).egress;
      return web?.ports.map(({ port }) => port) ?? [];
    };
    expect(await allowed()).toEqual([443, 5000, 53, 80]);
    const more = [
      'config.mirrors[0].url=https://user:name@east.example.com:8443/go',
      'config.mirrors[1].proxy=http://[2001:db8::1]:3128',
      'config.mirrors[2].resolve.server=192.0.2.1:5353',
      'config.controls[0]=tcp://192.0.2.53:853',
      'config.webhooks[0].url=http://alertmanager:8093',
      'places[0].name=zone-a',
      'places[0].config.fleet.store=http://store:9009/prometheus',
      'env[0].name=HTTPS_PROXY',
      'env[0].value=http://proxy.example.com:3129',
      'networkPolicy.egressPorts={6000}',
    ].join(',');
    expect(await allowed('--set', more)).toEqual([3128, 3129, 443, 5000, 5353, 6000, 8093, 8443, 853, 9009]);
  });

  it('egress: no metadata service of a cloud', async () => {
    const { spec } = one((await render()).resources, 'NetworkPolicy');
    for (const address of ['169.254.0.0/16', '100.100.100.200/32', 'fe80::/10', 'fd00:ec2::254/128'])
      expect(JSON.stringify(spec)).toContain(JSON.stringify(address));
  });

  it('a changed configuration is a reload, and changes no pod', async () => {
    const podOf = async (...args: string[]): Promise<unknown> => {
      const { template } = one((await render(...args)).resources, 'Deployment').spec as unknown as Workload;
      return template;
    };
    expect(await podOf('--set', 'config.schedule.every=9s')).toEqual(await podOf());
    expect(JSON.stringify(await podOf())).toContain('"args":["run","--reload-on-change"]');
  });

  it('the pod of hostNetwork resolves names of the cluster', async () => {
    const { template } = one((await render('--set', 'hostNetwork=true')).resources, 'Deployment')
      .spec as unknown as Workload;
    expect(template.spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
  });

  it.each([
    { name: 'a token', args: 'door.enabled=true', token: true, scheme: 'HTTP' },
    { name: 'TLS', args: 'door.enabled=true,door.tlsSecret=mine', token: false, scheme: 'HTTPS' },
    {
      name: 'both',
      args: 'door.enabled=true,door.tlsSecret=mine,door.token.existingSecret=its',
      token: true,
      scheme: 'HTTPS',
    },
  ])('the front door with $name follows the daemon, and is ready by its own word', async ({ args, token, scheme }) => {
    const { text, resources } = await render('--set', args);
    expect((await conform(text)).stdout).toContain(`Valid: ${resources.length}, Invalid: 0, Errors: 0, Skipped: 0`);
    const { template, selector } = one(resources, 'Deployment', '-door').spec as unknown as Workload;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    const daemon = one(resources, 'Service', 'watch-mirrorwatch');
    expect(template.metadata.labels).not.toMatchObject(daemon.spec?.['selector'] as object);
    expect(one(resources, 'Service', '-door').spec).toMatchObject({ selector: selector.matchLabels });
    expect(template.spec.containers[0]).toMatchObject({
      args: ['door', '--reload-on-change'],
      readinessProbe: { httpGet: { path: '/-/ready', port: 'door', scheme } },
    });
    const secret = one(resources, 'Secret', '-config');
    const { door } = configIn({
      ...secret,
      stringData: { 'mirrorwatch.yaml': secret.stringData?.['door.yaml'] ?? '' },
    });
    expect(door?.daemon).toBe(`http://${daemon.metadata.name}:10120`);
    expect({ token: door?.listen.token != null, tls: door?.listen.tls != null, port: door?.listen.port }).toEqual({
      token,
      tls: scheme === 'HTTPS',
      port: 10_121,
    });
    expect(secret.stringData?.['mirrorwatch.yaml']).not.toContain('door');
  });

  it('the front door follows one daemon: not shards', () =>
    expect(render('--set', 'door.enabled=true,shards=2')).rejects.toThrow('not with shards'));

  it('the page of all places reads the store that is named, and needs one', async () => {
    const { text, resources } = await render('--set', 'fleet.enabled=true,fleet.store=http://store.example.com:8428');
    expect((await conform(text)).stdout).toContain(`Valid: ${resources.length}, Invalid: 0, Errors: 0, Skipped: 0`);
    const { template, selector } = one(resources, 'Deployment', '-fleet').spec as unknown as Workload;
    expect(one(resources, 'Service', '-fleet').spec).toMatchObject({ selector: selector.matchLabels });
    expect(template.spec.containers[0]).toMatchObject({
      args: [
        'fleet',
        '--store=http://store.example.com:8428',
        '--listen=0.0.0.0:10122',
        '--token-file=/run/mirrorwatch/token',
      ],
      readinessProbe: { httpGet: { path: '/-/ready', port: 'http' } },
    });
    await expect(render('--set', 'fleet.enabled=true')).rejects.toThrow('fleet.store');
  });

  it('has no link in it: Helm, Argo CD and archives take none that lead outside', () => {
    const links = readdirSync(chart, { recursive: true, withFileTypes: true }).filter((file) => file.isSymbolicLink());
    expect(links.map(({ name }) => name)).toEqual([]);
  });

  it('one writer of the state, no root, nothing writable but state and /tmp', async () => {
    const spec = one((await render()).resources, 'Deployment').spec as {
      replicas: number;
      strategy: object;
      template: {
        spec: {
          securityContext: object;
          terminationGracePeriodSeconds: number;
          containers: { securityContext: object; volumeMounts: { mountPath: string; readOnly?: boolean }[] }[];
        };
      };
    };
    expect({ replicas: spec.replicas, strategy: spec.strategy }).toEqual({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
    const pod = spec.template.spec;
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(pod.terminationGracePeriodSeconds).toBe(20);
    expect(pod.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    const writable = pod.containers[0]?.volumeMounts.filter(({ readOnly }) => readOnly !== true);
    expect(writable?.map(({ mountPath }) => mountPath)).toEqual(['/data', '/tmp']);
  });

  it('hands the daemon a configuration that it takes', async () => {
    const { listen, state, vantage } = configIn(one((await render()).resources, 'Secret', '-config'));
    expect({ vantage, host: listen.host, port: listen.port, ...state }).toEqual({
      vantage: 'cluster-a',
      host: '0.0.0.0',
      port: 10_120,
      path: '/data/mirrorwatch.db',
      keepMs: 7 * 86_400_000,
    });
  });

  it('carries every rule of alerts/ and every board of dashboards/, unchanged', async () => {
    const { resources } = await render();
    const files = readdirSync(join(repoDir, 'alerts'))
      .filter((name) => name.endsWith('.yml'))
      .sort();
    const groups = files.flatMap(
      (name) => (parse(readFileSync(join(repoDir, 'alerts', name), 'utf8')) as { groups: object[] }).groups,
    );
    expect(one(resources, 'PrometheusRule').spec).toEqual({ groups });

    const boards = readdirSync(join(repoDir, 'dashboards'))
      .filter((name) => name.endsWith('.json'))
      .sort();
    const maps = resources.filter(({ kind }) => kind === 'ConfigMap');
    const carried = maps.flatMap(({ data = {} }) =>
      Object.entries(data).map(([name, text]) => [name, JSON.parse(text)]),
    );
    const read = (name: string): unknown => JSON.parse(readFileSync(join(repoDir, 'dashboards', name), 'utf8'));
    expect(Object.fromEntries(carried)).toEqual(
      Object.fromEntries(boards.map((name) => [`mirrorwatch-${name}`, read(name)])),
    );
    for (const { metadata, data = {} } of maps) {
      expect(metadata.labels['grafana_dashboard']).toBe('1');
      // Of a ConfigMap, etcd takes one mebibyte.
      expect(Object.values(data).join('').length).toBeLessThan(900_000);
    }
  });

  it('prometheusRule.runbookUrl is what every runbook_url begins with', async () => {
    const { text } = await render('--set', 'prometheusRule.runbookUrl=https://wiki.example.com/m');
    const urls = [...text.matchAll(/runbook_url: (\S+)#/g)].map(([, url]) => url);
    expect(urls.length).toBeGreaterThan(20);
    expect([...new Set(urls)]).toEqual(['https://wiki.example.com/m']);
    const { stderr } = await helm('template', chart, '-f', values, '--set', 'prometheusRule.runbookUrl=javascript:x');
    expect(stderr).toContain('prometheusRule.runbookUrl: Does not match pattern');
  });

  it('prometheusRule.grafanaUrl is before every path of a board', async () => {
    const { text } = await render('--set', 'prometheusRule.grafanaUrl=https://grafana.example.com');
    const urls = [...text.matchAll(/dashboard_url: (\S*)\/d\/mirrorwatch-/g)].map(([, url]) => url);
    expect(urls.length).toBeGreaterThan(20);
    expect([...new Set(urls)]).toEqual(['https://grafana.example.com']);
  });

  it('a vantage with $ in it is one in the replacement too, and no reference', async () => {
    const { resources } = await render('--set', 'config.vantage=rack$1');
    expect(one(resources, 'ServiceMonitor').spec).toMatchObject({
      endpoints: [{ relabelings: [{ targetLabel: 'vantage', replacement: 'rack$$1' }, {}] }],
    });
  });

  it('the scrape says the vantage that the daemon says, with the token it wants', async () => {
    const { resources } = await render();
    expect(one(resources, 'ServiceMonitor').spec).toMatchObject({
      endpoints: [
        {
          path: '/metrics',
          authorization: { credentials: { name: one(resources, 'Secret', '-token').metadata.name, key: 'token' } },
          relabelings: [
            { targetLabel: 'vantage', replacement: 'cluster-a' },
            { targetLabel: 'job', replacement: 'mirrorwatch' },
          ],
        },
      ],
    });
  });

  it.each([
    ['config', 'config.mirors=[]', 'mirors'],
    ['a place', 'places[0].name=a,places[0].config.schedul.every=1s', 'schedul'],
    ['resources', 'resources.limit.memory=1Gi', 'limit'],
    ['a toleration', 'tolerations[0].keyy=x', 'keyy'],
    ['env', 'env[0].name=N,env[0].valeu=v', 'valeu'],
    ['the chart', 'replicas=2', 'replicas'],
  ])('refuses an unknown key of %s', async (_, set, key) => {
    const { code, stderr } = await helm('template', chart, '--kube-version', '1.32.0', '-f', values, '--set', set);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`Additional property ${key} is not allowed`)]);
  });

  it('knows every section of the configuration', () => {
    const sections = ({ properties }: { properties: object }): readonly string[] => Object.keys(properties).sort();
    const json = (path: string) => JSON.parse(readFileSync(join(repoDir, path), 'utf8'));
    const known = json('deploy/kubernetes/mirrorwatch/values.schema.json').definitions.config;
    const all = sections(json('docs/mirrorwatch.schema.json'));
    expect(sections(known)).toEqual(all.filter((section) => section !== 'listen'));
  });

  it('has a test of `helm test`: the image’s own health check against the Service', async () => {
    const { resources } = await render();
    const pod = one(resources, 'Pod');
    expect(pod.metadata).toMatchObject({ annotations: { 'helm.sh/hook': 'test' } });
    const service = one(resources, 'Service').metadata.name;
    expect(pod.spec).toMatchObject({
      containers: [{ args: ['health', '--ready', '--url', `http://${service}:10120`] }],
    });
    // The policy lets it in.
    expect(JSON.stringify(one(resources, 'NetworkPolicy').spec)).toContain(
      JSON.stringify(pod.metadata.labels['app.kubernetes.io/name']),
    );
  });

  describe.each([
    ['one daemon', []],
    ['places', ['--set', placesOf]],
    ['shards', ['--set', 'shards=3']],
  ])('an upgrade from the chart 0.1.0: %s', (_, args) => {
    const before = join(repoDir, 'test/fixtures/releases/chart-0.1.0.tgz');

    it('keeps the volume of the state, and what cannot change in a workload', async () => {
      const [old, now] = [await renderOf(before, ...args), await render(...args)];
      expect(statesOf(now.resources)).toEqual(statesOf(old.resources));
      expect(statesOf(now.resources).workloads.length).toBeGreaterThan(0);
    });
  });

  it('the plain manifests are what the chart renders (UPDATE_GOLDEN=1 rewrites them)', async () => {
    const folder = join(repoDir, 'deploy/kubernetes/manifests');
    const { stdout } = await helm(
      ...[
        'template',
        'mirrorwatch',
        chart,
        '-f',
        join(folder, 'values.yaml'),
        '--kube-version',
        '1.32.0',
        '--skip-tests',
      ],
    );
    const file = join(folder, 'mirrorwatch.yaml');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, stdout);
    expect(readFileSync(file, 'utf8')).toBe(stdout);
    expect((await conform(stdout)).stdout).toContain('Invalid: 0, Errors: 0, Skipped: 0');
    const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
    expect(resources).toEqual(['mirrorwatch.yaml']);
  });
});

/** Claims with what keeps them, and of each workload what Kubernetes lets nobody change and how pods follow each other. */
function statesOf(resources: Awaited<ReturnType<typeof render>>['resources']) {
  const of = (kind: string) => resources.filter((resource) => resource.kind === kind);
  const claims = of('PersistentVolumeClaim').map(({ metadata, spec }) => {
    const { name, annotations } = metadata as unknown as { name: string; annotations: object };
    return { name, annotations, spec };
  });
  const workloads = [...of('Deployment'), ...of('StatefulSet')].map(({ kind, metadata, spec }) => {
    const { strategy, replicas, selector, serviceName, podManagementPolicy, volumeClaimTemplates, template } =
      spec as unknown as Workload & { strategy?: object; podManagementPolicy?: string };
    const { volumes, containers } = template.spec;
    const state = volumes.filter(({ name }) => name === 'state');
    const mounts = containers.map((container) => (container as unknown as { volumeMounts: object }).volumeMounts);
    const fixed = { strategy, replicas, selector, serviceName, podManagementPolicy, volumeClaimTemplates };
    return { kind, name: metadata.name, ...fixed, state, mounts };
  });
  return { claims, workloads };
}
