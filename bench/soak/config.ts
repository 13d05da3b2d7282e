import type { Mirrors } from './mirrors.ts';
import type { Variant } from './script.ts';

/** What stays the same over all variants. */
export interface Ground {
  readonly port: number;
  readonly mirrors: Mirrors;
  readonly receivers: readonly { readonly name: string; readonly url: string }[];
  readonly statePath: string;
  /** Where actions write: see watch/actions.ts. */
  readonly actionsDir: string;
}

/** Of every receiver. */
export const soakSecret = `whsec_${Buffer.from('a secret of the soak alone, 32 B').toString('base64')}`;

/** Milliseconds between two probes of a step that is a canary somewhere, of another light one, of a heavy one. */
const usual = { canary: 1_000, light: 2_000, heavy: 8_000 };
type Pace = typeof usual;
const kinds = ['canary', 'light', 'heavy'] as const;
const steps: Readonly<Record<keyof Pace, readonly string[]>> = {
  canary: ['mod', 'metadata', 'index', 'digest', 'get'],
  light: [
    'info',
    'list',
    'latest',
    'tags',
    'packument',
    'wheelmeta',
    'simplehtml',
    'provenance',
    'v2',
    'manifest',
    'marker',
  ],
  heavy: ['zip', 'tarball', 'file', 'blob', 'whole'],
};

function paceOf(variant: Variant): Pace {
  const factor = variant === 'a slower pace' ? 2 : 1;
  return { canary: usual.canary * factor, light: usual.light * factor, heavy: usual.heavy * factor };
}

/** Whether a daemon must take it: the others are refused, and what was in force stays. */
export function isTaken(variant: Variant): boolean {
  return variant !== 'broken' && variant !== 'needs a restart';
}

/** Milliseconds between two starts of a step under a variant, of a canary as of every other target of its step. */
export function everyMsOf(variant: Variant, step: string): number {
  const kind = kinds.find((one) => steps[one].includes(step));
  if (kind === undefined) throw new Error(`no pace for the step ${step}`);
  return paceOf(variant)[kind];
}

/** A policy that lets everything happen. */
const always = '{ confidence: low, perHour: 1000, perDay: 10000 }';

/** The configuration of a variant. */
export function yamlOf(variant: Variant, { port, mirrors, receivers, statePath, actionsDir }: Ground): string {
  const seen = variant === 'a mirror less' ? mirrors.all.filter(({ name }) => name !== 'go-3') : mirrors.all;
  const entries = seen.map(
    ({ name, ecosystem, upstream, url, more }, at) =>
      `  - { name: ${name}, ecosystem: ${ecosystem}, upstream: "${upstream}", url: "${url}", weight: ${100 - at}${more} }`,
  );
  const modules = Object.entries(mirrors.modules).map(([ecosystem, all]) => {
    const shown = variant === 'a module more' ? all : all.slice(0, 1);
    return `  ${ecosystem}: [ ${shown.map((one) => (one.startsWith('{') ? one : `"${one}"`)).join(', ')} ]`;
  });
  const pace = paceOf(variant);
  const stepLines = kinds.flatMap((kind) =>
    steps[kind].map((step) => `  ${step}: { every: ${pace[kind]}ms, timeout: ${kind === 'heavy' ? 4 : 2}s }`),
  );
  return `vantage: soak
listen: 127.0.0.1:${variant === 'needs a restart' ? port + 1 : port}
schedule: { every: ${pace.canary}ms, timeout: 2s, perHost: 4 }
steps:
${stepLines.join('\n')}
mirrors:
${entries.join('\n')}
${variant === 'no control' ? '' : `controls: [ "${mirrors.control}" ]\n`}modules:
${modules.join('\n')}
go: { sumdb: off }
detect: { outage: { over: ${variant === 'other thresholds' ? '2s' : '3s'} }, spike: { floor: 150ms, warmup: 10 } }
advise: { hold: 5s }
webhooks:
${receivers.map(({ name, url }) => `  - { name: ${name}, url: "${url}", secrets: [ "${soakSecret}" ], allow: [ 127.0.0.0/8 ] }`).join('\n')}
onAdvice:
  - { name: file, upstream: go, file: { path: ${actionsDir}/go.env, as: env }, mode: auto, when: ${always} }
  - { name: log, upstream: go, command: [ ${actionsDir}/log.sh ], mode: auto, when: ${always} }
state: { path: ${statePath} }
${variant === 'broken' ? 'nonsense: [\n' : ''}`;
}
