import { describe, expect, it } from 'vitest';
import { type Options, optionsOf } from '../../../bench/options.ts';

const plain: Options = {
  parts: ['accuracy', 'peers', 'cpu', 'memory', 'reaction', 'hash'],
  quick: false,
  json: false,
  profile: false,
  reloads: 50,
  targets: [100, 1_000, 15_000],
};

describe('options of the bench', () => {
  it.each<[string, string[], Options | null]>([
    ['nothing runs all but scale', [], plain],
    [
      'scale of its own size',
      ['--only', 'scale', '--targets', '100,2000', '--reloads', '1000'],
      { ...plain, parts: ['scale'], reloads: 1_000, targets: [100, 2_000] },
    ],
    ['no number of reloads', ['--only', 'scale', '--reloads', 'many'], null],
    ['no number of targets', ['--only', 'scale', '--targets', '10,,20'], null],
    ['quick', ['--quick'], { ...plain, quick: true }],
    ['JSON and profile', ['--json', '--profile'], { ...plain, json: true, profile: true }],
    ['one part', ['--only', 'cpu'], { ...plain, parts: ['cpu'] }],
    ['two parts, in their own order', ['--only', 'reaction,accuracy'], { ...plain, parts: ['accuracy', 'reaction'] }],
    ['a part twice is one', ['--only', 'cpu', '--only', 'cpu'], { ...plain, parts: ['cpu'] }],
    ['an unknown part', ['--only', 'speed'], null],
    ['an unknown option', ['--fast'], null],
    ['a stray word', ['cpu'], null],
    ['help', ['--help'], null],
  ])('%s', (_, argv, expected) => expect(optionsOf(argv)).toEqual(expected));
});
