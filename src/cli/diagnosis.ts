import { printable } from '../core/printable.ts';
import { type Place, placeText, type TrapSeverity } from '../core/trap.ts';
import type { Examined, NamedTrap } from '../doctor/examine.ts';
import type { AskedMirror } from '../doctor/online.ts';
import type { Terminal } from './terminal.ts';

const colours = { error: 'red', warning: 'yellow', note: 'cyan' } as const;

/** What a doctor found, for programs. */
export function diagnosisJson({ traps, untold, texts, asked }: Examined, isOk: boolean): string {
  const shown = {
    ok: isOk,
    traps: traps.map(({ id, severity, title, what, where, causes, set, edits }) => ({
      ...{ id, severity, title, what: printable(what), where: where.map(placeJson), causes },
      set: set.map((line) => printable(line)),
      fixable: edits.length > 0,
    })),
    untold: untold.map(({ id, because, where }) => ({ id, because: printable(because), where: where.map(placeJson) })),
    read: [...texts.keys()],
    asked,
  };
  return JSON.stringify(shown, null, 2);
}

function placeJson(place: Place): object {
  return { file: null, line: null, variable: null, mirror: null, ...place };
}

/** What a doctor found, for people. Whatever stands in a file, it neither moves the cursor nor adds a line of its own. */
export function diagnosisLines(
  { traps, untold, texts, asked }: Examined,
  terminal: Pick<Terminal, 'paint'>,
): readonly string[] {
  const files = `${texts.size} ${texts.size === 1 ? 'file' : 'files'} read`;
  return [
    ...asked.flatMap((mirror) => [...layerLines(mirror, terminal), '']),
    ...traps.flatMap((trap) => [...trapLines(trap, terminal), '']),
    ...(untold.length === 0 ? [] : [terminal.paint('yellow', 'could not be told')]),
    ...untold.map(({ because, where }) => printable(`  ${where.map(placeText).join(', ')}: ${because}`)),
    ...(untold.length === 0 ? [] : ['']),
    traps.length === 0 && untold.length === 0 ? `no traps, ${files}` : `${countText(traps, untold.length)}, ${files}`,
    ...fixLine(traps),
  ];
}

const marks = { works: 'ok', fails: 'FAILS', untold: '?', 'passed over': '-', 'not reached': '' } as const;
const stateColours = {
  works: 'green',
  fails: 'red',
  untold: 'yellow',
  'passed over': 'dim',
  'not reached': 'dim',
} as const;

/** How far one comes on the way to a mirror. */
function layerLines({ registry, url, layers }: AskedMirror, terminal: Pick<Terminal, 'paint'>): readonly string[] {
  return [
    terminal.paint('bold', printable(`${registry}  ${url}`)),
    ...layers.map(({ layer, state, text }) => {
      const line = printable(`  ${layer.padEnd(11)}  ${marks[state].padEnd(5)}  ${text}`).trimEnd();
      return terminal.paint(stateColours[state], line);
    }),
  ];
}

function trapLines(trap: NamedTrap, terminal: Pick<Terminal, 'paint'>): readonly string[] {
  const { id, severity, title, what, where, causes, set, edits } = trap;
  const field = (name: string, text: string): string => printable(`  ${name.padEnd(6)}  ${text}`);
  const [first = '', ...more] = set;
  return [
    `${terminal.paint(colours[severity], severity)}  ${terminal.paint('bold', title)}  ${id}`,
    printable(`  ${what}`),
    ...where.map((place, at) => field(at === 0 ? 'where' : '', placeText(place))),
    field('causes', causes),
    terminal.paint('green', field('set', first)),
    ...more.map((line) => terminal.paint('green', field('', line))),
    ...(edits.length > 0 ? [field('', '--fix does it')] : []),
  ];
}

function countText(traps: readonly NamedTrap[], untold: number): string {
  const of = (severity: TrapSeverity, one: string, many: string): readonly string[] => {
    const count = traps.filter((trap) => trap.severity === severity).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  };
  return [
    ...of('error', 'error', 'errors'),
    ...of('warning', 'warning', 'warnings'),
    ...of('note', 'note', 'notes'),
    ...(untold === 0 ? [] : [`${untold} could not be told`]),
  ].join(', ');
}

function fixLine(traps: readonly NamedTrap[]): readonly string[] {
  const count = traps.filter(({ edits }) => edits.length > 0).length;
  return count === 0 ? [] : [`${count} can be mended here: mirrorwatch doctor --fix`];
}
