import { describe, expect, it } from 'vitest';
import type { Filled } from '../../../src/core/result.ts';
import { messageFor, messageOf, phrase, renderIn } from '../../../src/words/tell.ts';

describe('a sentence that is rendered later', () => {
  const refused = messageFor('found.refusal', {
    name: 'a',
    cause: 'denied',
    times: phrase('found.times', { count: 3 }),
  });

  it('has its text in English, and is rendered in either language after it was stored', () => {
    const stored = JSON.parse(JSON.stringify(refused)) as typeof refused;
    expect(stored.text).toBe('a refuses requests (denied): its canary probe was refused 3 times.');
    expect(renderIn('en', stored)).toBe(stored.text);
    expect(renderIn('zh', stored)).toBe('a 拒绝请求（denied）：金丝雀探测被拒绝 3 次。');
  });

  it.each<[string, readonly Filled[], string, string]>([
    ['nothing', [], '', ''],
    ['one', ['a'], 'a', 'a'],
    ['two', ['a', 'b'], 'a and b', 'a 和 b'],
    [
      'more, said themselves',
      ['a', 'b', phrase('found.namesMore', { count: 2 })],
      'a, b and 2 more',
      'a、b 和 另外 2 个',
    ],
  ])('names %s in a row', (_what, whom, english, chinese) => {
    const odd = messageOf(phrase('found.backWhat', { module: whom, step: '' }));
    expect([odd.text, renderIn('zh', odd)]).toEqual([`${english} ()`, `${chinese}（）`]);
  });

  it.each([
    [0, 'expires in less than one day', '将在一天之内过期'],
    [1, 'expires in 1 day', '将在 1 天后过期'],
    [13, 'expires in 13 days', '将在 13 天后过期'],
  ])('says %i days as people do', (days, english, chinese) => {
    const soon = messageFor('found.certificateSoon', { name: 'a', days });
    expect([soon.text, renderIn('zh', soon)]).toEqual([`The certificate of a ${english}.`, `a 的证书${chinese}。`]);
  });

  it.each([
    [0, '1 of 1 probes failed', '1 次探测中失败 1 次'],
    [9, '1 of 1 probes failed over 9 s', '9 秒内 1 次探测中失败 1 次'],
  ])('says the time of failures, %i s, unless there is none', (spanned, english, chinese) => {
    const down = messageFor('found.down', { name: 'a', cause: 'refused', failures: 1, samples: 1, seconds: spanned });
    expect([down.text, renderIn('zh', down)]).toEqual([
      `a is down (refused): ${english}.`,
      `a 故障（refused）：${chinese}。`,
    ]);
  });

  it('takes the full stop from a sentence within a sentence', () => {
    const trouble = phrase('found.behind.well', { name: 'a' });
    const one = messageOf(
      phrase('ground.move', { trouble, promise: phrase('ground.answered', { to: 'b', good: 9, all: 9 }) }),
    );
    expect(one.text).toBe('a: the lag is within the limit again. 9 of 9 probes of b succeeded.');
    expect(renderIn('zh', one)).toBe('a：滞后已回到限度之内。b 的 9 次探测中 9 次成功。');
  });

  it('keeps what is filled in as it is, whatever it looks like', () => {
    const name = '{cause} $& {name}';
    expect(messageFor('found.outage.well', { name }).text).toBe(`${name} responds again.`);
  });

  it.each<[string, unknown]>([
    ['stored before there were languages', undefined],
    ['stored without', null],
    ['of a key that is gone', { key: 'found.nothing', values: {} }],
    ['of a key that every object has', { key: 'constructor', values: {} }],
    ['without values', { key: 'found.outage.well' }],
    ['with a value missing', { key: 'found.outage.well', values: {} }],
    ['with values that are none', { key: 'found.outage.well', values: { name: null } }],
    ['with a part of a key that is gone', { key: 'found.outage.well', values: { name: { key: 'x', values: {} } } }],
    ['that is no sentence', 'found.outage.well'],
  ])('%s is told in English', (_what, sentence) =>
    expect(renderIn('zh', { text: 'a responds again.', sentence: sentence as null })).toBe('a responds again.'),
  );
});
