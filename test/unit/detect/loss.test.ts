import { describe, expect, it } from 'vitest';
import { addMark, isLossy, isOneCut, lossOf, type Mark } from '../../../src/detect/memory/loss.ts';

/** Marks a second apart that end at `endMs`: `+` an answer, `-` silence, `r` a refusal. */
const results = { '+': 'responded', '-': 'silent', r: 'refused' } as const;
const marks = (text: string, endMs = 120_000): readonly Mark[] =>
  [...text].map((one, i) => {
    const atMs = endMs - (text.length - 1 - i) * 1_000;
    return { sentMs: atMs, atMs, result: results[one as keyof typeof results] };
  });
const loss = (text: string) => lossOf([marks(text)], 120_000);

describe('a lossy line', () => {
  it.each([
    { name: 'all well', units: ['++++', '++++'], controls: [], want: false },
    { name: 'two of three lose now and then', units: ['+-+-+', '+-+-+', '+++++'], controls: [], want: true },
    { name: 'one of three does', units: ['+-+-+-+-+', '+++++', '+++++'], controls: [], want: false },
    {
      name: 'two of three, and a control that does not',
      units: ['+-+-+', '+-+-+', '+++++'],
      controls: ['++++'],
      want: false,
    },
    { name: 'a blip of each', units: ['+-+', '+-+', '+-+'], controls: [], want: false },
    { name: 'two of three dead', units: ['++----', '++----', '++++'], controls: [], want: false },
    { name: 'all dead', units: ['++----', '++----'], controls: ['+---'], want: false },
    { name: 'one alone', units: ['+-+-+-+-+-+'], controls: [], want: false },
    {
      name: 'half of what the control was asked, and one mirror now and then',
      units: ['+-+', '++++', '++++'],
      controls: ['+-+--+'],
      want: true,
    },
    { name: 'half of what the control was asked alone', units: ['+++', '++++'], controls: ['+-+--+'], want: false },
    { name: 'one in twenty of each of four', units: Array(4).fill(`+-${'+'.repeat(18)}`), controls: [], want: true },
    { name: 'mirrors that refuse now and then', units: ['+r+r+r', '+r+r+r', '+r+r+r'], controls: [], want: false },
    { name: 'one in 21 of each', units: Array(4).fill(`+-${'+'.repeat(19)}`), controls: [], want: false },
    { name: 'below 5 %', units: [`${'+-'}${'+'.repeat(60)}`, `${'+-'}${'+'.repeat(60)}`], controls: [], want: false },
  ])('$name: $want', ({ units, controls, want }) => expect(isLossy(units.map(loss), controls.map(loss))).toBe(want));

  it.each([
    { name: 'a cut of all', members: ['++----++', '++----++', '+++---++'], want: true },
    { name: 'a cut that one mirror survives', members: ['++------++', '++++++++++'], want: false },
    { name: 'a response shortly before its end', members: ['++------++', '++----++++'], want: true },
    { name: 'single packets', members: ['+-++++++++', '+++++++-++'], want: false },
    { name: 'two cuts', members: ['+---++---+', '+---++---+'], want: false },
  ])('$name: one cut is $want', ({ members, want }) =>
    expect(
      isOneCut(
        members.map((one) => marks(one)),
        120_000,
      ),
    ).toBe(want),
  );

  it('a probe that started during a cut can fail after the end of the cut', () => {
    const hung = { sentMs: 60_000, atMs: 70_000, result: 'silent' } as const;
    const first = { sentMs: 40_000, atMs: 50_000, result: 'silent' } as const;
    const back = { sentMs: 64_900, atMs: 65_000, result: 'responded' } as const;
    expect(isOneCut([[first, hung], [back]], 120_000)).toBe(true);
  });

  it('counts two minutes', () => {
    expect(lossOf([marks('-+-+')], 120_000)).toEqual({ responses: 2, silent: 2, recoveries: 2 });
    expect(lossOf([marks('-+-+')], 239_000)).toEqual({ responses: 1, silent: 1, recoveries: 1 });
    expect(addMark(marks('-+'), { sentMs: 239_500, atMs: 239_500, result: 'responded' })).toHaveLength(2);
    let kept: readonly Mark[] = [];
    for (let i = 0; i < 500; i++) kept = addMark(kept, { sentMs: 1, atMs: 1, result: 'responded' });
    expect(kept).toHaveLength(240);
  });
});
