import { basename } from 'node:path';
import type { Config } from '../../core/config.ts';
import { printable } from '../../core/printable.ts';
import { ok } from '../../core/result.ts';
import { type Machine, placeTextOf, type SettingPlace } from '../../core/trap.ts';
import { urlOfListener } from '../../core/url.ts';
import { createMachine, systemClock, systemRandom } from '../../daemon/machine.ts';
import { registry } from '../../ecosystems/registry.ts';
import { confirmChanges, placeOptions, type WhoseSettings, whoseSettings } from '../../terminal/changes.ts';
import type { Command, Context, ExitCode } from '../../terminal/context.ts';
import { type LoadedConfig, loadNeeded, loadText, readConfigName, warnOfUnusedConfig } from '../../terminal/load.ts';
import { configForUrl, formatUrlIssues, mirrorFor, requestFor } from '../../terminal/probe-request.ts';
import { displayWidth, jsonText, padEnd, type Terminal } from '../../terminal/terminal.ts';
import { Failed, optionsOf, UsageError, words } from '../../terminal/usage.ts';
import { english, type Say } from '../../words/words.ts';
import type { Examined, KnownSurroundings, NamedTrap } from './examine.ts';
import type { OnlineFound, ProbedMirror } from './online.ts';
import type { OnlineSubject } from './online-subject.ts';

const severities = ['error', 'warning', 'note'] as const;
const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

function formatDiagnosisJson({ traps, unchecked, texts, probedMirrors }: Examined, isOk: boolean): string {
  const shown = {
    ok: isOk,
    traps: traps.map(({ id, severity, title, what, where, causes, set, edits }) => ({
      id,
      severity,
      title,
      what: printable(what),
      where: where.map(placeJson),
      causes,
      set: set.map((line) => printable(line)),
      fixable: edits.length > 0,
    })),
    untold: unchecked.map(({ id, because, where }) => ({
      id,
      because: printable(because),
      where: where.map(placeJson),
    })),
    read: [...texts.keys()],
    asked: probedMirrors,
  };
  return jsonText(shown);
}

function placeJson(place: SettingPlace): object {
  return { file: null, line: null, variable: null, mirror: null, ...place };
}

/**
 * Formats the doctor's results for people. Control characters from files are replaced, so that they do not reach the
 * terminal.
 */
function formatDiagnosis(
  { traps, unchecked, texts, probedMirrors }: Examined,
  terminal: Pick<Terminal, 'paint'>,
  say: Say,
): readonly string[] {
  const files = say('doctor.files', { count: texts.size });
  return [
    ...probedMirrors.flatMap((mirror) => [...layerLines(mirror, terminal, say), '']),
    ...traps.flatMap((trap) => [...trapLines(trap, terminal, say), '']),
    ...(unchecked.length === 0 ? [] : [terminal.paint('yellow', say('doctor.untoldHead'))]),
    ...unchecked.map(({ because, where }) =>
      printable(say('doctor.untold', { where: where.map(placeTextOf).join(', '), because })),
    ),
    ...(unchecked.length === 0 ? [] : ['']),
    traps.length === 0 && unchecked.length === 0
      ? say('doctor.none', { files })
      : say('doctor.found', { counts: countText(traps, unchecked.length, say), files }),
    ...fixLine(traps, say),
  ];
}

const stateColours = {
  works: 'green',
  slow: 'yellow',
  fails: 'red',
  untold: 'yellow',
  'passed over': 'dim',
  'not reached': 'dim',
} as const;

function layerLines(
  { registry, url, layers }: ProbedMirror,
  terminal: Pick<Terminal, 'paint'>,
  say: Say,
): readonly string[] {
  const marks = {
    works: say('doctor.works'),
    slow: say('doctor.slow'),
    fails: say('doctor.fails'),
    untold: '?',
    'passed over': '-',
    'not reached': '',
  } as const;
  const width = Math.max(...layers.map(({ layer }) => displayWidth(say(`doctor.layer.${layer}`))));
  return [
    terminal.paint('bold', printable(`${registry}  ${url}`)),
    ...layers.map(({ layer, state, text }) => {
      const line = printable(
        `  ${padEnd(say(`doctor.layer.${layer}`), width)}  ${padEnd(marks[state], 5)}  ${text}`,
      ).trimEnd();
      return terminal.paint(stateColours[state], line);
    }),
  ];
}

function trapLines(trap: NamedTrap, terminal: Pick<Terminal, 'paint'>, say: Say): readonly string[] {
  const { id, severity, title, what, where, causes, set, edits } = trap;
  const fields = { where: say('doctor.where'), causes: say('doctor.causes'), set: say('doctor.set'), '': '' } as const;
  const width = Math.max(...Object.values(fields).map(displayWidth));
  const field = (name: keyof typeof fields, text: string): string =>
    printable(`  ${padEnd(fields[name], width)}  ${text}`);
  const [first = '', ...more] = set;
  return [
    `${terminal.paint(colours[severity], say(`doctor.severity.${severity}`))}  ${terminal.paint('bold', title)}  ${id}`,
    printable(`  ${what}`),
    ...where.map((place, at) => field(at === 0 ? 'where' : '', placeTextOf(place))),
    field('causes', causes),
    terminal.paint('green', field('set', first)),
    ...more.map((line) => terminal.paint('green', field('', line))),
    ...(edits.length > 0 ? [field('', say('doctor.fix'))] : []),
  ];
}

function countText(traps: readonly NamedTrap[], unchecked: number, say: Say): string {
  const counts = Map.groupBy(traps, ({ severity }) => severity);
  return [
    ...severities.flatMap((one) =>
      counts.has(one) ? say(`doctor.${one}s`, { count: counts.get(one)?.length ?? 0 }) : [],
    ),
    ...(unchecked === 0 ? [] : [say('doctor.untoldCount', { count: unchecked })]),
  ].join(say('list.clause'));
}

function fixLine(traps: readonly NamedTrap[], say: Say): readonly string[] {
  const count = traps.filter(({ edits }) => edits.length > 0).length;
  return count === 0 ? [] : [say('doctor.fixable', { count })];
}

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
    const machine = createMachine({ env: context.env, home: whose.home, cwd: context.cwd, root: whose.root });
    const examineAgain = (): Promise<Examined> => examine(machine, known, language);
    const isOnline = values.online === true || positionals.length > 0;
    if (values.ecosystem !== undefined && positionals.length === 0) throw new UsageError('wrong.ecosystemOfUrl');
    const subjects = isOnline ? await subjectsOf(context, loaded, positionals, values.ecosystem) : [];
    const found = await examineAgain();
    const repaired = values.fix === true && (await repair(context, whose, found, values.yes === true));
    const left = repaired ? await examineAgain() : found;
    const whole = isOnline
      ? await addOnline(left, await probeMirrors(context, subjects, machine, language), language)
      : left;
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
    return config.mirrors.map((mirror) => {
      return { config, question: requestFor(config, mirror, undefined, undefined), isNamed: false };
    });
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
  return { config, question: requestFor(config, mirrorFor(own.value, which), undefined, undefined), isNamed: true };
}

async function probeMirrors(
  { terminal, facts, say }: Context,
  subjects: readonly OnlineSubject[],
  machine: Machine,
  language: Say,
): Promise<OnlineFound> {
  const { examineOnline } = await import('./online.ts');
  const { readToday } = await import('./unserved.ts');
  const { startProbing } = await import('../../daemon/probe-now.ts');
  const probing = startProbing(facts);
  try {
    return await examineOnline(subjects, {
      async probe(config, question) {
        const probed = await probing.probe(config, question);
        return probed.tag === 'error' ? null : probed.value;
      },
      today: await readToday(machine),
      nonsense: `mirrorwatch-${systemRandom.id(systemClock.wallMs())}`,
      progress: (registry) => terminal.progress(registry === '' ? '' : say('doctor.asking', { registry })),
      say: language,
    });
  } finally {
    await probing.close();
  }
}
