import type { Prober } from '../../src/core/ports.ts';
import type { ProbeResponse } from '../../src/core/transcript.ts';
import { table } from '../support/table.ts';
import { answerOf, contextOf, type Fixture, targetOf, urlOf } from './fixture.ts';

export type CompleteResponse = Extract<ProbeResponse, { readonly tag: 'answered' }>;
/** One part of an answer, `size` times. */
export type Pump = readonly [what: string, of: (size: number) => CompleteResponse];

/** The smaller of two sizes, characters. */
export const chars = 4 * 1024;
/** What readers look for, alone and in pairs that begin over and over. */
const units = table<string[]>('ecosystem/pumped', 'units');

/** Every part of an answer that is made longer. */
export function pumpsOf(answer: CompleteResponse): readonly Pump[] {
  const text = Buffer.from(answer.body).toString('latin1');
  const body = (more: Buffer): CompleteResponse => ({ ...answer, body: more });
  const lines = [...new Set(text.split('\n'))].slice(0, 4);
  const half = text.indexOf('\n', text.length / 2) + 1;
  return [
    ...units.map(
      (unit): Pump => [
        `body, ${JSON.stringify(unit)}`,
        (size) => body(Buffer.from(`${text.slice(0, half)}${unit.repeat(size)}${text.slice(half)}`, 'latin1')),
      ],
    ),
    ...lines.map(
      (line): Pump => [
        `body, line ${line.slice(0, 20)}`,
        (size) =>
          body(
            Buffer.from(
              `${text.slice(0, half)}${`${line}\n`.repeat((4 * size) / (line.length + 1))}${text.slice(half)}`,
              'latin1',
            ),
          ),
      ],
    ),
    ...['content-type', 'www-authenticate', 'docker-content-digest', 'link'].flatMap((name) =>
      units.map(
        (unit): Pump => [
          `${name}, ${JSON.stringify(unit)}`,
          (size) => ({
            ...answer,
            headers: { ...answer.headers, [name]: `${answer.headers[name] ?? 'Bearer realm='}${unit.repeat(size)}` },
          }),
        ],
      ),
    ),
    ...jsonPumps(text).map(([what, of]): Pump => [what, (size) => body(Buffer.from(of(size)))]),
  ];
}

/** Each text in a JSON answer made long, each list and object given more members. */
function jsonPumps(text: string): readonly (readonly [string, (size: number) => string])[] {
  let whole: unknown;
  try {
    whole = JSON.parse(text);
  } catch {
    return [];
  }
  const found: [string, (size: number) => string][] = [];
  const walk = (value: unknown, path: string, put: (other: unknown) => unknown): void => {
    if (found.length >= 40) return;
    if (typeof value === 'string') {
      for (const unit of ['0', '-', '.1'])
        found.push([`${path}, ${unit}`, (size) => JSON.stringify(put(value + unit.repeat(size)))]);
      if (/^https?:/.test(value))
        found.push([`${path}, host`, (size) => JSON.stringify(put(`https://${letters(size / 2)}/x`))]);
    } else if (Array.isArray(value)) {
      if (value.length === 0) return;
      found.push([`${path}[]`, (size) => JSON.stringify(put([...value, ...many(size, value[0], () => value[0])]))]);
      walk(value[0], `${path}[]`, (other) => put([other, ...value.slice(1)]));
    } else if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value);
      const [first] = entries;
      if (first !== undefined)
        found.push([
          `${path}{}`,
          (size) =>
            JSON.stringify(
              put({ ...value, ...Object.fromEntries(many(size, first, (at) => [`${first[0]}${at}`, first[1]])) }),
            ),
        ]);
      for (const [key, one] of entries.slice(0, 8))
        walk(one, `${path}.${key}`, (other) => put({ ...value, [key]: other }));
    }
  };
  walk(whole, '', (other) => other);
  return found;
}

/** As many of them as have four times `size` characters. */
function many<T>(size: number, one: unknown, of: (at: number) => T): T[] {
  return Array.from({ length: Math.ceil((4 * size) / (JSON.stringify(one) ?? '').length) }, (_, at) => of(at));
}

function letters(count: number): string {
  return Array.from({ length: count }, (_, at) => String.fromCodePoint(0x4e00 + (at % 20_000))).join('');
}

const rested: CompleteResponse = { tag: 'answered', status: 200, headers: {}, body: new Uint8Array(0), finalUrl: '' };

/** Tells a conversation the recorded answers, one of them changed, to its end. */
export function hold(
  [id, prober]: readonly [string, Prober],
  fixture: Fixture,
  at: number,
  changed: CompleteResponse,
): void {
  const conversation = prober.probe(targetOf(id, fixture), contextOf(fixture));
  let turn = conversation.next();
  for (let asks = 0; !turn.done && asks < 20; ) {
    const { url, work } = turn.value;
    // A rest between slices of work; what is read of a file in the meantime is none of the text that grows.
    if (work !== undefined) {
      turn = conversation.next(rested);
      continue;
    }
    asks += 1;
    const which = fixture.answers.findIndex(({ path }) => urlOf(path) === url);
    const recorded = fixture.answers[which];
    if (recorded === undefined) return;
    turn = conversation.next(which === at ? changed : answerOf(recorded));
  }
}
