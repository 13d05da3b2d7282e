import { basename } from 'node:path';
import type { Config } from '../../core/config.ts';
import { ok } from '../../core/result.ts';
import { urlOfListener } from '../../core/url.ts';
import { createMachine, systemClock, systemRandom } from '../../daemon/machine.ts';
import { registry } from '../../ecosystems/registry.ts';
import { confirmChanges, placeOptions, type WhoseSettings, whoseSettings } from '../../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { type LoadedConfig, loadNeeded, loadText, readConfigName, warnOfUnusedConfig } from '../../terminal/load.ts';
import { configForUrl, formatUrlIssues, mirrorFor, requestFor } from '../../terminal/probe-request.ts';
import { Failed, optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { english, type Say } from '../../words/words.ts';
import type { Examined, KnownSurroundings } from './examine.ts';
import type { OnlineFound } from './online.ts';
import type { OnlineSubject } from './online-subject.ts';
import { formatDiagnosis, formatDiagnosisJson } from './text.ts';

const options = {
  ...placeOptions,
  ...optionsOf('string', 'config'),
  ...optionsOf('boolean', 'json', 'fix', 'yes', 'online'),
  ...optionsOf('string', 'ecosystem'),
};

const mirrorsMax = 100;

/**
 * `mirrorwatch doctor`: finds traps (harmful settings) on this machine and, if requested, faults of mirrors by probes.
 */
export const doctorCommand: Command = {
  name: 'doctor',
  usage:
    'mirrorwatch doctor [--fix [--yes]] [--json] [--home DIR] [--root DIR] [--config FILE]\n       mirrorwatch doctor [URL|NAME…] [--online] [--ecosystem WORD] [--json] …',
  options,
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, mirrorsMax);
    if (values.yes && !values.fix) throw new UsageError('wrong.goesWith', { option: 'yes', other: '--fix' });
    const whose = whoseSettings(context, values);
    const loaded = await loadNeeded(context, values.config);
    // What such a file says would be printed as settings to paste: its front door, its private names, its hosts.
    const isForeign = readConfigName(context, values.config) === undefined;
    if (isForeign) await warnOfUnusedConfig(context, 'doctor.foreign');
    const known = isForeign ? { hosts: [], doors: [], privatePatterns: {} } : await knownFrom(loaded.config);
    const language = values.json ? english : context.say;
    const { examine, addOnline } = await import('./examine.ts');
    const examineAgain = (): Promise<Examined> =>
      examine(
        createMachine({ env: context.env, home: whose.home, cwd: context.cwd, root: whose.root }),
        known,
        language,
      );
    const isOnline = values.online === true || positionals.length > 0;
    if (values.ecosystem !== undefined && positionals.length === 0) throw new UsageError('wrong.ecosystemOfUrl');
    const subjects = isOnline ? await subjectsOf(context, loaded, positionals, values.ecosystem) : [];
    const found = await examineAgain();
    const repaired = values.fix === true && (await repair(context, whose, found, values.yes === true));
    const left = repaired ? await examineAgain() : found;
    const whole = isOnline ? await addOnline(left, await probeMirrors(context, subjects, language), language) : left;
    return shown(context, whole, values.json === true);
  },
};

async function knownFrom(config: Config): Promise<KnownSurroundings> {
  const { mirrors, private: privatePatterns } = config;
  return { hosts: mirrors.map(({ url }) => new URL(url).hostname), doors: await doorsOf(config), privatePatterns };
}

/** Returns for each ecosystem the front door's URL and the lines that set it, for the ecosystem's first client. */
async function doorsOf(config: Config): Promise<KnownSurroundings['doors']> {
  if (config.door === undefined) return [];
  const { linesOfDoor } = await import('../../config/door-routes.ts');
  const lines = linesOfDoor(config, urlOfListener(config.door.listen));
  return [...Map.groupBy(lines, ({ ecosystem }) => ecosystem)].flatMap(([ecosystem, [first]]) =>
    first === undefined ? [] : [{ ecosystem, url: first.url, lines: first.text.split('\n') }],
  );
}

/** Offers to fix the traps that have an automatic fix. @returns true if a file was changed */
async function repair(context: Context, whose: WhoseSettings, found: Examined, isAgreed: boolean): Promise<boolean> {
  const { editsFor: changesFor } = await import('./edits.ts');
  const changes = changesFor(found.traps, (file) => found.texts.get(file) ?? null);
  if (changes.length === 0) {
    context.terminal.err(context.say('doctor.nothing'));
    return false;
  }
  const doctors = await Promise.all(registry.all.map((one) => one.doctor?.()));
  const checksOf = (file: string) => doctors.flatMap((one) => one?.readersOf?.(basename(file)) ?? []);
  const checked = changes.map((change) => ({ ...change, checks: checksOf(change.file) }));
  return confirmChanges(context, checked, whose.place, isAgreed);
}

function shown({ terminal, say }: Context, found: Examined, isJson: boolean): ExitCode {
  const isTrouble = found.unchecked.length > 0 || found.traps.some(({ severity }) => severity !== 'note');
  if (isJson) terminal.out(formatDiagnosisJson(found, !isTrouble));
  else for (const line of formatDiagnosis(found, terminal, say)) terminal.out(line);
  return isTrouble ? 1 : 0;
}

/**
 * Returns the mirrors that the arguments name by URL or by name. Without arguments, returns all mirrors of the
 * configuration.
 * @param word  the ecosystem of the URLs; absent: the default ecosystem
 * @throws UsageError or Failed on a name or URL that cannot be probed
 */
async function subjectsOf(
  context: Context,
  loaded: LoadedConfig,
  named: readonly string[],
  word: string | undefined,
): Promise<readonly OnlineSubject[]> {
  const { config } = loaded;
  if (named.length === 0)
    return config.mirrors.map((mirror) => ({ config, question: requestFor(config, mirror, undefined, undefined) }));
  return Promise.all(named.map((which) => subjectOf(context, loaded, which, word)));
}

async function subjectOf(
  context: Context,
  loaded: LoadedConfig,
  which: string,
  word: string | undefined,
): Promise<OnlineSubject> {
  const isUrl = /^https?:\/\//i.test(which);
  const own = isUrl ? await loadText(context, configForUrl(which, undefined, word), null) : ok(loaded);
  if (own.tag === 'error') throw new Failed(formatUrlIssues(own.error.issues, 'doctor', context.say), 2);
  const { config } = own.value;
  return { config, question: requestFor(config, mirrorFor(own.value, which), undefined, undefined) };
}

async function probeMirrors(
  { terminal, facts, say }: Context,
  subjects: readonly OnlineSubject[],
  language: Say,
): Promise<OnlineFound> {
  const { examineOnline } = await import('./online.ts');
  const { startProbing } = await import('../../daemon/probe-now.ts');
  const probing = startProbing(facts);
  try {
    return await examineOnline(subjects, {
      async probe(config, question) {
        const probed = await probing.probe(config, question);
        return probed.tag === 'error' ? null : probed.value;
      },
      nonsense: `mirrorwatch-${systemRandom.id(systemClock.wallMs())}`,
      progress: (registry) => terminal.progress(registry === '' ? '' : say('doctor.asking', { registry })),
      say: language,
    });
  } finally {
    await probing.close();
  }
}
