import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/core/config.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { testCerts } from '../../support/certs.ts';
import { cacheDir, commandPath, removeTempDir, repoDir, tempDir } from '../../support/paths.ts';
import { type CommandResult, run } from '../../support/process.ts';
import { diskFiles } from '../../unit/config/support.ts';

export const chart = join(repoDir, 'deploy/kubernetes/mirrorwatch');
export const values = join(chart, 'ci/everything-values.yaml');

interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec?: Record<string, unknown>;
  readonly stringData?: Record<string, string>;
  readonly data?: Record<string, string>;
}

export const helm = (...args: string[]): Promise<CommandResult> =>
  run(commandPath('helm'), args, { env: { KUBECONFIG: '/dev/null' } });

type Rendered = { readonly text: string; readonly resources: readonly Resource[] };

const rendered = new Map<string, Promise<Rendered>>();

/** What the chart becomes with these arguments: once for all tests, which only read it. */
export function render(...args: string[]): Promise<Rendered> {
  const key = args.join('\n');
  const found = rendered.get(key) ?? renderOf(chart, ...args);
  rendered.set(key, found);
  return found;
}

/** The same of another chart. */
export async function renderOf(path: string, ...args: string[]): Promise<Rendered> {
  const { code, stdout, stderr } = await helm(
    'template',
    'watch',
    path,
    '--namespace',
    'ns',
    '--kube-version',
    '1.32.0',
    '--api-versions',
    'monitoring.coreos.com/v1',
    '-f',
    values,
    ...args,
  );
  if (code !== 0) throw new Error(stderr);
  return {
    text: stdout,
    resources: parseAllDocuments(stdout)
      .map((document) => document.toJS() as Resource)
      .filter((one) => one !== null),
  };
}

/** What kubeconform says of manifests, against the schemas that `.ci/provision` made; keys they do not know are mistakes. */
export async function conform(text: string): Promise<CommandResult> {
  const folder = tempDir('kubeconform');
  writeFileSync(join(folder, 'all.yaml'), text);
  const location = join(cacheDir, 'kube-schemas', '{{.ResourceKind}}{{.KindSuffix}}.json');
  const result = await run(commandPath('kubeconform'), [
    '-strict',
    '-summary',
    '-schema-location',
    location,
    join(folder, 'all.yaml'),
  ]);
  removeTempDir(folder);
  return result;
}

export const one = (resources: readonly Resource[], kind: string, end = ''): Resource => {
  const found = resources.filter((resource) => resource.kind === kind && resource.metadata.name.endsWith(end));
  expect(found.map(({ metadata }) => metadata.name)).toHaveLength(1);
  return found[0] as Resource;
};

export function configIn(secret: Resource, env: Record<string, string> = {}): Config {
  const loaded = loadConfig({
    text: secret.stringData?.['mirrorwatch.yaml'] ?? '',
    path: '/etc/mirrorwatch/mirrorwatch.yaml',
    env,
    files: {
      ...diskFiles,
      read: (path) => {
        const { server } = testCerts();
        const mounted: Readonly<Record<string, string>> = {
          token: 'a-token-of-some-length',
          'door/token': 'another-token-of-some-length',
          'tls/tls.crt': server.certPem,
          'tls/tls.key': server.keyPem,
        };
        const text = mounted[path.replace('/run/mirrorwatch/', '')];
        return text === undefined ? diskFiles.read(path) : { tag: 'ok', text };
      },
    },
    expand: expandTargets,
  });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
  return loaded.value.config;
}

/** Of a Deployment or a StatefulSet. */
export interface Workload {
  readonly replicas: number;
  readonly serviceName?: string;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: {
      readonly nodeSelector?: object;
      readonly containers: readonly {
        readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
      }[];
      readonly volumes: readonly Readonly<Record<string, unknown>>[];
    };
  };
}
