import type { Config } from '../core/config.ts';
import { thisMachine } from '../daemon/system.ts';
import { changesFor } from '../doctor/edits.ts';
import { type Examined, examine, type Known, withOnline } from '../doctor/examine.ts';
import { offerChanges, placeOptions, type WhoseSettings, whoseSettings } from './apply.ts';
import type { Command, Context, ExitCode } from './context.ts';
import { diagnosisJson, diagnosisLines } from './diagnosis.ts';
import { askMirrors, subjectsOf } from './doctor-online.ts';
import { load } from './load.ts';
import { UsageError, words } from './usage.ts';

const options = {
  ...placeOptions,
  config: { type: 'string' },
  json: { type: 'boolean' },
  fix: { type: 'boolean' },
  yes: { type: 'boolean' },
  online: { type: 'boolean' },
  ecosystem: { type: 'string' },
} as const;

const mirrorsMax = 100;

/** `mirrorwatch doctor`: the traps in this machine's settings. */
export const doctorCommand: Command = {
  name: 'doctor',
  summary: "find traps in this machine's settings and on the way to mirrors, and mend those that can be mended",
  usage:
    'mirrorwatch doctor [--fix [--yes]] [--json] [--home DIR] [--root DIR] [--config FILE]\n       mirrorwatch doctor [URL|NAME…] [--online] [--ecosystem WORD] [--json] …',
  options,
  details: [
    'Reads settings and changes nothing; no program is started, and nothing is asked over the network unless a mirror is named,',
    'or --online, which asks those of the configuration: name, TCP, TLS, certificate, HTTP and content one after the other, what',
    'each proves and what to do next, the clock, the resolver, IPv6, and what a mirror should relay. --fix shows what it would',
    'change as a diff and asks first; --yes says yes. What was before is kept: `mirrorwatch undo`. Files of shells, and files',
    'that several programs share, are never changed: what to set is printed. --home and --root look at the files of another',
    "user or below another root; the environment is this process's. System files are changed only where --root names them.",
    'exit: 0 no trap, or notes alone; 1 a trap, or something that could not be told',
  ],
  async run(context: Context): Promise<ExitCode> {
    const { values, positionals } = words(context.argv, options, mirrorsMax);
    if (values.yes && !values.fix) throw new UsageError('--yes goes with --fix');
    const whose = whoseSettings(context, values);
    const loaded = await load(context, values.config);
    if (loaded.tag === 'error') {
      context.terminal.err(loaded.error.text);
      return 2;
    }
    const known = knownFrom(loaded.value.config);
    const look = (): Promise<Examined> =>
      examine(thisMachine({ env: context.env, home: whose.home, cwd: context.cwd, root: whose.root }), known);
    const isOnline = values.online === true || positionals.length > 0;
    if (values.ecosystem !== undefined && positionals.length === 0)
      throw new UsageError('--ecosystem says what a URL is');
    const subjects = isOnline ? await subjectsOf(context, loaded.value, positionals, values.ecosystem) : [];
    const found = await look();
    const mended = values.fix === true && (await mend(context, whose, found, values.yes === true));
    const left = mended ? await look() : found;
    const whole = isOnline ? await withOnline(left, await askMirrors(context, subjects)) : left;
    return shown(context, whole, values.json === true);
  },
};

/** What of the configuration a doctor minds. */
function knownFrom({ mirrors, private: privatePatterns }: Config): Known {
  return { hosts: mirrors.map(({ url }) => new URL(url).hostname), privatePatterns };
}

/** Offers to mend what can be mended. @returns whether a file was changed */
async function mend(context: Context, whose: WhoseSettings, found: Examined, isAgreed: boolean): Promise<boolean> {
  const changes = changesFor(found.traps, (file) => found.texts.get(file) ?? null);
  if (changes.length === 0) {
    context.terminal.err('mirrorwatch doctor: nothing here can be mended by --fix');
    return false;
  }
  return (await offerChanges(context, changes, whose.place, isAgreed)).tag === 'made';
}

function shown({ terminal }: Context, found: Examined, isJson: boolean): ExitCode {
  const isTrouble = found.untold.length > 0 || found.traps.some(({ severity }) => severity !== 'note');
  if (isJson) terminal.out(diagnosisJson(found, !isTrouble));
  else for (const line of diagnosisLines(found, terminal)) terminal.out(line);
  return isTrouble ? 1 : 0;
}
