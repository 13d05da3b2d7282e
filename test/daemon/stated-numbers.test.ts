import { afterEach, expect, test } from 'vitest';
import { run } from '../unit/cli/run-program.ts';
import { refuses, type Script } from './scripted-wire.ts';
import { but, threeMirrors, well } from './three-mirrors.ts';
import { settled, startWorld, stopWorlds, type World } from './world.ts';

// Each number about mirrors that the page or a command states is in the records that the API serves at the same moment.

afterEach(stopWorlds);

const slowThenDown: Script = (asked) => {
  const second = asked.atMs / 1000;
  if (asked.registry === 'a' && second >= 120 && second < 240) return 1_500;
  if (asked.registry === 'a' && second >= 480 && second < 600) return refuses;
  if (asked.registry === 'b' && second >= 900 && asked.path.endsWith('.zip')) return { status: 500, body: 'down' };
  return well(asked);
};
/** One of six canary probes of `a` fails. */
const failsSome: Script = (asked) =>
  asked.registry === 'a' && Math.floor(asked.atMs / 5_000) % 6 === 0 ? { status: 502, body: 'no' } : well(asked);

const worlds: readonly (readonly [string, Script])[] = [
  ['slow, then down, then another one without artifacts', slowThenDown],
  ['down from the start', but(refuses, 'a', 0)],
  ['some probes fail', failsSome],
  ['throttled', but({ status: 429, headers: { 'retry-after': '20' }, body: '' }, 'a', 120, 600)],
  ['all are down, so it may be our network', but(refuses, 'all', 200, 500)],
];

const secondsOf: Readonly<Record<string, number>> = { ms: 0.001, s: 1, min: 60, h: 3_600 };

interface Recorded {
  /** Numbers: of times in seconds, of shares from 0 to 1, and counts. */
  readonly numbers: ReadonlySet<number>;
  /** Wall seconds. */
  readonly moments: ReadonlySet<number>;
  /** What the records say in words. */
  readonly words: string;
}

function readRecords(value: unknown, into: { numbers: Set<number>; moments: Set<number>; words: string }): Recorded {
  if (typeof value === 'number') into.numbers.add(value);
  else if (typeof value === 'string') {
    into.words += `\n${value}`;
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) into.moments.add(Date.parse(value) / 1000);
  } else if (typeof value === 'object' && value !== null) {
    if (Array.isArray(value)) into.numbers.add(value.length);
    const { sum, bound } = value as { readonly sum?: unknown; readonly bound?: unknown };
    // A share of evidence is rounded down, so that what is not enough is never 100 %.
    if (typeof sum === 'number' && typeof bound === 'number')
      into.numbers.add(Math.max(1, Math.floor((100 * sum) / bound)) / 100);
    for (const part of Object.values(value)) readRecords(part, into);
  }
  return into;
}

const stated = /(?<![\w.:/-])(?<count>\d+(?:\.\d+)?)(?: ?(?<unit>ms|s|min|h|%)(?!\w))?(?![\w:/-]|\.\w)/g;

/** The numbers of a text that no record has, each with its line. */
function notRecorded(text: string, { numbers, moments, words }: Recorded, nowSeconds: number): string[] {
  return text.split('\n').flatMap((line) =>
    [...line.matchAll(stated)].flatMap(({ 0: whole, groups: { count = '', unit = '' } = {} }) => {
      const scale = unit === '%' ? 0.01 : (secondsOf[unit] ?? 1);
      const half = 0.500001 * scale * 10 ** -(count.split('.')[1]?.length ?? 0);
      const isNear = (value: number, within = half): boolean => Math.abs(value - Number(count) * scale) <= within;
      const isAge = unit in secondsOf && [...moments].some((at) => isNear(Math.abs(nowSeconds - at), half + 0.5));
      const isKnown = isAge || words.includes(whole) || [...numbers].some((value) => isNear(value));
      return isKnown ? [] : [`${whole} in: ${line.trim()}`];
    }),
  );
}

/** The words of the page without lines to set, charts and the state of the daemon itself. */
function wordsOf(page: string): string {
  const upTo = page.slice(page.indexOf('<ul class="summary"'), page.indexOf('<section aria-labelledby="h-place"'));
  return upTo
    .replace(/<span class="hidden">last [^<]*<\/span>|<ol[\s\S]*?<\/ol>|<thead>[\s\S]*?<\/thead>|probe \d+/g, '')
    .replace(/<(pre|code|svg)\b[\s\S]*?<\/\1>/g, '\n')
    .replace(/<[^>]+>/g, '\n');
}

async function recordsOf(world: World): Promise<Recorded> {
  const into = { numbers: new Set<number>(), moments: new Set<number>(), words: '' };
  for (const path of ['verdicts', 'advice?state=all', 'findings?state=all', 'mirrors'])
    readRecords(JSON.parse((await world.get(`/api/v1/${path}`)).text), into);
  return into;
}

test.each(worlds)('%s', async (_name, script) => {
  const world = await startWorld({ yaml: threeMirrors({ more: 'advise: { hold: 2m }' }), script });
  const nowSeconds = (): number => world.time.clock.wallMs() / 1000;
  const command = async (...argv: string[]): Promise<string> =>
    (await settled(world.time, run([...argv, '--url', world.daemon.url]), 0)).out;
  const all: string[] = [];
  let count = 0;
  for (let minute = 1; minute <= 19; minute += 2) {
    await world.seconds(minute === 1 ? 60 : 120);
    const records = await recordsOf(world);
    const page = wordsOf((await world.get('/', { accept: 'text/html' })).text);
    const texts = { page, advice: await command('advice'), why: await command('advice', '--why') };
    for (const [surface, text] of Object.entries(texts)) {
      count += [...text.matchAll(stated)].length;
      const unknown = notRecorded(text, records, nowSeconds());
      all.push(...unknown.map((one) => `${minute} ${surface}: ${one}`));
    }
  }
  expect(all).toEqual([]);
  expect(count).toBeGreaterThan(150);
});
