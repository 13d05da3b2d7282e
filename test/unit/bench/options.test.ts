import { describe, expect, it } from 'vitest';
import { type Options, optionsOf } from '../../../bench/options.ts';

const plain: Options = {
  parts: ['accuracy', 'peers', 'cpu', 'memory', 'reaction', 'hash', 'lines', 'door'],
  quick: false,
  json: false,
  profile: false,
  targets: { scale: [100, 1_000, 15_000], reloads: [1_000] },
  reloads: { scale: 50, reloads: 1_000 },
  days: 30,
  minutes: 60,
};
/** What a look takes. */
const quick: Options = { ...plain, quick: true, reloads: { scale: 50, reloads: 100 }, days: 4, minutes: 3 };

describe('options of the bench', () => {
  it.each<[string, string[], Options | null]>([
    ['nothing runs all but what takes long', [], plain],
    [
      'scale of its own size',
      ['--only', 'scale', '--targets', '100,2000', '--reloads', '1000'],
      {
        ...plain,
        parts: ['scale'],
        reloads: { scale: 1_000, reloads: 1_000 },
        targets: { scale: [100, 2_000], reloads: [100, 2_000] },
      },
    ],
    [
      'reloads of its own size',
      ['--only', 'reloads', '--targets', '100', '--reloads', '20'],
      {
        ...plain,
        parts: ['reloads'],
        reloads: { scale: 20, reloads: 20 },
        targets: { scale: [100], reloads: [100] },
      },
    ],
    ['a week', ['--only', 'days', '--days', '7'], { ...plain, parts: ['days'], days: 7 }],
    ['ten minutes', ['--only', 'hour', '--minutes', '10'], { ...plain, parts: ['hour'], minutes: 10 }],
    ['minutes of a quick run', ['--quick', '--minutes', '4'], { ...quick, minutes: 4 }],
    ['too few days to tell growth by thirds', ['--only', 'days', '--days', '2'], null],
    ['too few minutes', ['--only', 'hour', '--minutes', '2'], null],
    ['no number of days', ['--only', 'days', '--days', 'some'], null],
    ['no number of reloads', ['--only', 'scale', '--reloads', 'many'], null],
    ['no number of targets', ['--only', 'scale', '--targets', '10,,20'], null],
    ['quick', ['--quick'], quick],
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
