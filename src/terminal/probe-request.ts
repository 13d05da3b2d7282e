import { formatIssues } from '../config/format-issues.ts';
import { kindOf, kinds, moduleByHand, upstreamByHand } from '../config/kinds.ts';
import type { Config } from '../core/config.ts';
import type { Mirror, Step, Upstream } from '../core/mirror.ts';
import { mirrorNameOf } from '../core/url.ts';
import type { Say } from '../words/words.ts';
import { builtInSource, kindByWord, type LoadedConfig, type LoadFailure } from './load.ts';
import { UsageError } from './usage.ts';

/**
 * Returns the text of a configuration with one mirror, for a URL on the command line.
 * @throws UsageError if URL, module and ecosystem do not fit together
 */
export function configForUrl(url: string, wanted: string | undefined, word: string | undefined): string {
  const { id: ecosystem, example, expected } = kindByWord(word ?? kindOfModule(wanted));
  if (!URL.canParse(url)) throw new UsageError('wrong.noUrl', { url });
  const name = mirrorNameOf(url);
  const module = wanted ?? example;
  if (module === null) throw new UsageError('wrong.whichModuleAs', { expected });
  const upstream = upstreamByHand(ecosystem, module);
  if (upstream.tag === 'error')
    throw new UsageError('wrong.askedOfNone', { module, ecosystem, expected: upstream.error });
  return JSON.stringify({
    vantage: 'here',
    mirrors: [{ name, ecosystem, url, upstream: upstream.value ?? name }],
    modules: { [ecosystem]: [module] },
    state: { path: ':memory:' },
  });
}

/**
 * Returns the ecosystem whose module names look like `wanted`, for example `example.com/mod` for Go; `undefined`: there
 * is none, or no module is given.
 * @throws UsageError if there are several
 */
function kindOfModule(wanted: string | undefined): string | undefined {
  if (wanted === undefined) return undefined;
  const able = kinds.filter(({ id }) => {
    const upstream = upstreamByHand(id, wanted);
    return upstream.tag === 'ok' && upstream.value !== null;
  });
  if (able.length > 1)
    throw new UsageError('wrong.whichEcosystem', { module: wanted, list: able.map(({ id }) => id).join(', ') });
  return able[0]?.id;
}

/** Formats the issues of a configuration that comes from no file, without positions. */
export function formatUrlIssues(issues: LoadFailure['issues'], command: 'probe' | 'doctor', say: Say): string {
  const placeless = issues.map((issue) => ({ ...issue, line: null, column: null }));
  return formatIssues(placeless, `mirrorwatch ${command}:`, say);
}

/**
 * Returns the mirror with the name `which`. If there is no configuration file, `which` may be a URL, and the only
 * mirror is returned.
 * @throws UsageError if there is no such mirror
 */
export function mirrorFor(loaded: LoadedConfig, which: string): Mirror {
  const { mirrors } = loaded.config;
  const found =
    loaded.source === builtInSource && /^https?:\/\//i.test(which)
      ? mirrors[0]
      : mirrors.find(({ name }) => name === which);
  if (found) return found;
  throw new UsageError('wrong.noMirror', { which, names: mirrors.map(({ name }) => name).join(', ') });
}

/** Parses a module for mirrors of an upstream. @throws UsageError on a private name that they must not get */
export function moduleFor(config: Config, of: Upstream, text: string): ReturnType<typeof moduleByHand> {
  const named = moduleByHand(config, of, text);
  if (!named.isKept) return named;
  throw new UsageError('wrong.privateName', { text, key: `private.${of.ecosystem}`, upstream: of.upstream });
}

/**
 * Returns what to probe: by default, the canary (the step that decides whether a mirror is up) of the first configured
 * module of the mirror's upstream.
 * @throws UsageError on an unknown step, and if no module is known
 */
export function requestFor(
  config: Config,
  mirror: Mirror,
  wanted: string | undefined,
  stepWord: string | undefined,
): { mirror: Mirror; module: string | null; version: string | null; step: Step } {
  const first = config.modules.find((ref) => ref.ecosystem === mirror.ecosystem && ref.upstream === mirror.upstream);
  const kind = kindOf(mirror.ecosystem);
  const named = wanted === undefined ? null : moduleFor(config, mirror, wanted);
  const module = named === null ? (first?.module ?? null) : named.module;
  const version = named === null ? (first?.version ?? null) : (named.version ?? kind?.newest ?? null);
  const known = kind?.steps ?? [];
  const wantedStep = known.find(({ step }) => step === (stepWord ?? kind?.canary));
  if (wantedStep === undefined)
    throw new UsageError('wrong.oneOf', {
      option: 'step',
      list: known.map(({ step }) => step).join(', '),
      word: String(stepWord),
    });
  const { step, grain } = wantedStep;
  if (grain === 'mirror') return { mirror, module: null, version: null, step };
  if (module === null) throw new UsageError('wrong.whichModuleAs', { expected: kind?.expected ?? '' });
  return { mirror, module, version: grain === 'module' ? null : version, step };
}
