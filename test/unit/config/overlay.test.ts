import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { applyChanges, changeProblem } from '../../../src/config/overlay.ts';

const text = '# ours\nadvise: { minGain: 20% } # little\ndetect:\n  spike: { factor: 2.5 }\nvantage: here\n';
const read = (...changes: readonly { key: string; value: string }[]): unknown =>
  parse(applyChanges(text, changes) ?? '');

describe('a text with keys changed', () => {
  const rows: readonly (readonly [string, string, string, unknown])[] = [
    ['a key that is there', 'advise.minGain', '30%', { advise: { minGain: '30%' } }],
    ['a key that is not there', 'advise.hold', '5m', { advise: { minGain: '20%', hold: '5m' } }],
    ['deeper, as a number', 'detect.spike.factor', '3', { detect: { spike: { factor: 3 } } }],
    ['a section that is not there', 'clients.go', 'https://a,direct', { clients: { go: 'https://a,direct' } }],
    ['a whole section', 'detect.spike', '{ floor: 1s }', { detect: { spike: { floor: '1s' } } }],
    ['what is no YAML is a text', 'advise.minGain', '"', { advise: { minGain: '"' } }],
  ];
  test.each(rows)('%s', (_, key, value, part) =>
    expect(read({ key, value })).toEqual({ ...(parse(text) as object), ...(part as object) }),
  );

  test('several, the last word on a key wins, and the text itself stays', () => {
    expect(read({ key: 'advise.hold', value: '5m' }, { key: 'advise.hold', value: '6m' })).toMatchObject({
      advise: { hold: '6m' },
    });
    expect(applyChanges(text, [])).toContain('# little');
  });

  test('an empty file is a mapping', () =>
    expect(parse(applyChanges('', [{ key: 'advise.hold', value: '5m' }]) ?? '')).toEqual({ advise: { hold: '5m' } }));

  test.each([
    ['beneath a value', text, 'advise.minGain.x'],
    ['in a list', '- a\n', 'advise.hold'],
  ])('%s: none', (_, of, key) => expect(applyChanges(of, [{ key, value: '1' }])).toBeNull());
});

describe('which keys can be changed', () => {
  test.each([['advise.minGain'], ['detect.outage.open'], ['clients.go'], ['advise'], ['advice.minGain']])(
    '%s',
    (key) => {
      // A word that is no key at all is for the loader, which knows what is near.
      expect(changeProblem({ key, value: '1' })).toBeNull();
    },
  );

  test.each([['schedule.every'], ['mirrors'], ['modules.go'], ['steps.zip'], ['state.keep'], ['webhooks'], ['listen']])(
    'not %s, which judges nothing',
    (key) => expect(changeProblem({ key, value: '1' })?.key).toBe('replay.notJudged'),
  );

  test.each([[''], ['a b'], ['.x'], ['advise.'], ['mirrors[0].url']])('%j is no key', (key) =>
    expect(changeProblem({ key, value: '1' })?.key).toBe('replay.noKey'),
  );
});
