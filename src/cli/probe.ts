import { formatIssues } from '../config/format-issues.ts';
import { kindOf, moduleByHand, upstreamByHand } from '../config/kinds.ts';
import type { Config } from '../core/config.ts';
import type { Mirror } from '../core/mirror.ts';
import type { Probed } from '../core/ports.ts';
import { maskUrl } from '../core/secret.ts';
import { type Step, shownTarget } from '../core/target.ts';
import { probeNow } from '../daemon/probe-now.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { curlLines } from './curl-lines.ts';
import { explain, noAnswerText } from './explain.ts';
import { kindByWord } from './kind-by-word.ts';
import { type Loaded, type LoadFailure, load, loadText } from './load.ts';
import { probeClient } from './probe-client.ts';
import { UsageError, words } from './usage.ts';

const usage =
  'mirrorwatch probe URL|NAME [module@version] [--ecosystem WORD] [--step STEP | --client WORD] [--config FILE] [--json | --curl]';

const options = {
  config: { type: 'string' },
  ecosystem: { type: 'string' },
  step: { type: 'string' },
  client: { type: 'string' },
  json: { type: 'boolean' },
  curl: { type: 'boolean' },
} as const;

/** `mirrorwatch probe`: one probe now, explained phase by phase. */
export const probeCommand: Command = {
  name: 'probe',
  summary: 'probe one mirror once, now, and explain every phase; or run a real client against it',
  usage,
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, 2);
    const [which, wanted] = positionals;
    if (which === undefined) throw new UsageError('which mirror? a URL, or a name of the configuration');
    if (values.client !== undefined && (values.step !== undefined || values.curl))
      throw new UsageError('--client runs a client whole: without --step and --curl');
    if (values.json && values.curl) throw new UsageError('--json or --curl, not both');
    if (/^https?:/i.test(which) && !URL.canParse(which)) throw new UsageError(`'${maskUrl(which)}' is no URL`);
    const isAdHoc = /^https?:\/\//i.test(which);
    const loaded = isAdHoc
      ? await loadText(context, adHoc(which, wanted, values.ecosystem), null)
      : await load(context, values.config);
    if (loaded.tag === 'error') {
      context.terminal.err(isAdHoc ? ofNoFile(loaded.error.issues) : loaded.error.text);
      return 2;
    }
    const mirror = mirrorFor(loaded.value, which);
    if (values.ecosystem !== undefined && values.ecosystem !== mirror.ecosystem)
      throw new UsageError(`${mirror.name} is a mirror of ${mirror.ecosystem}: --ecosystem says what a URL is`);
    if (values.client !== undefined) {
      const asked = requestFor(loaded.value.config, mirror, wanted, undefined);
      return probeClient(context, loaded.value.config, asked, values.client, values.json === true);
    }
    const request = requestFor(loaded.value.config, mirror, wanted, values.step);
    const probed = await probeNow(loaded.value.config, request, context.facts);
    if (probed.tag === 'error') {
      context.terminal.err(`mirrorwatch probe: ${noAnswerText(probed.error)}`);
      return 1;
    }
    show(context, values, probed.value);
    return probed.value.sample.outcome.tag === 'ok' ? 0 : 1;
  },
};

function show(
  context: Context,
  values: { json?: boolean | undefined; curl?: boolean | undefined },
  probed: Probed,
): void {
  const { terminal } = context;
  if (values.json) terminal.out(JSON.stringify(shown(probed), null, 2));
  else for (const line of values.curl ? curlLines(probed) : explain(probed, terminal)) terminal.out(line);
}

/** A probe as it is printed for programs. */
function shown({ sample, transcript }: Probed): object {
  return { sample: { ...sample, due: { ...sample.due, target: shownTarget(sample.due.target) } }, transcript };
}

/** A configuration of one mirror, for a URL that no file names. */
function adHoc(url: string, wanted: string | undefined, word: string | undefined): string {
  const { id: ecosystem, example, expected } = kindByWord(word);
  const name = nameOf(url);
  const module = wanted ?? example;
  if (module === null) throw new UsageError(`which module? name one as ${expected}`);
  const upstream = upstreamByHand(ecosystem, module);
  if (upstream.tag === 'error')
    throw new UsageError(`'${module}' can be asked of no mirror of ${ecosystem}: expected ${upstream.error}`);
  return JSON.stringify({
    vantage: 'here',
    mirrors: [{ name, ecosystem, url, upstream: upstream.value ?? name }],
    modules: { [ecosystem]: [module] },
    state: { path: ':memory:' },
  });
}

/** What is wrong with a configuration that stands in no file: places in it say nothing to anybody. */
function ofNoFile(issues: LoadFailure['issues']): string {
  return formatIssues(
    issues.map((issue) => ({ ...issue, line: null, column: null })),
    'mirrorwatch probe:',
  );
}

/** The host as a mirror's name: letters, digits, dots and hyphens. */
function nameOf(url: string): string {
  if (!URL.canParse(url)) throw new UsageError(`'${maskUrl(url)}' is no URL`);
  return new URL(url).host.replace(/[^a-z0-9.-]/gi, '-').slice(0, 64);
}

function mirrorFor(loaded: Loaded, which: string): Mirror {
  const { mirrors } = loaded.config;
  const found =
    loaded.source === 'built-in default' && /^https?:\/\//i.test(which)
      ? mirrors[0]
      : mirrors.find(({ name }) => name === which);
  if (found) return found;
  throw new UsageError(`no mirror is named '${which}'; there are: ${mirrors.map(({ name }) => name).join(', ')}`);
}

function requestFor(
  config: Config,
  mirror: Mirror,
  wanted: string | undefined,
  stepWord: string | undefined,
): { mirror: Mirror; module: string | null; version: string | null; step: Step } {
  const first = config.modules.find((ref) => ref.ecosystem === mirror.ecosystem && ref.upstream === mirror.upstream);
  const kind = kindOf(mirror.ecosystem);
  const named = wanted === undefined ? null : moduleByHand(mirror.ecosystem, wanted);
  const module = named === null ? (first?.module ?? null) : named.module;
  const version = named === null ? (first?.version ?? null) : (named.version ?? kind?.newest ?? null);
  const known = kind?.steps ?? [];
  const asked = known.find(({ step }) => step === (stepWord ?? kind?.canary));
  if (asked === undefined)
    throw new UsageError(`--step is one of ${known.map(({ step }) => step).join(', ')}, not '${stepWord}'`);
  const { step, grain } = asked;
  if (grain === 'mirror') return { mirror, module: null, version: null, step };
  if (module === null) throw new UsageError(`which module? name one as ${kind?.expected}`);
  return { mirror, module, version: grain === 'module' ? null : version, step };
}
