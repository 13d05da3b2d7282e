import { printable } from '../../core/printable.ts';
import { placeTextOf, type SettingPlace } from '../../core/trap.ts';
import { displayWidth, jsonText, padEnd, type Terminal } from '../../terminal/terminal.ts';
import type { Say } from '../../words/words.ts';
import type { Examined, NamedTrap } from './examine.ts';
import type { ProbedMirror } from './online.ts';

const severities = ['error', 'warning', 'note'] as const;
const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

export function formatDiagnosisJson({ traps, unchecked, texts, probedMirrors }: Examined, isOk: boolean): string {
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
export function formatDiagnosis(
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
