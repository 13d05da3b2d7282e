import { describe, expect, test } from 'vitest';
import { changesFor } from '../../../../src/features/demo/demo.ts';
import { signature } from '../../../../src/notify/receivers/standard.ts';
import { english, wordsOf } from '../../../../src/words/words.ts';

describe('the content of webhooks', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const shown = (headers: Readonly<Record<string, string>>, body: string) => {
    const [en, zh] = [english, wordsOf('zh')].map((say) => changesFor({ headers, body }, secret, say));
    return en?.map(({ text, ...rest }, at) => ({ ...rest, en: text, zh: zh?.[at]?.text }));
  };
  const told = (type: string, data: object, key = secret) => {
    const body = JSON.stringify({ type, data });
    const stamp = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000' };
    return shown({ ...stamp, 'webhook-signature': signature(key, 'msg_1', 1_700_000_000, body) }, body);
  };
  const finding = { ecosystem: 'paper', registry: 'near', text: 'near is slow: 921 ms.' };
  const advice = {
    ecosystem: 'paper',
    state: 'proposed',
    from: 'near',
    cause: 'spike',
    refusal: null,
    expected: {
      availability: { before: 1, after: 1 },
      p95Seconds: { before: null, after: null },
      fetchCostSeconds: { before: 2.5, after: 0.1 },
    },
    reason: 'far is faster.',
    remedy: { lines: 'x', env: 'far' },
  };
  const inFile = { ...advice, remedy: { x: 'far', json: '{"x":{"path":"/etc/x"}}' } };
  const why = 'near 缓慢；获取代价（含失败）2.50 s → 100.0 ms。';
  const received = {
    stage: 'webhook',
    ecosystem: 'paper',
    en: 'mirror.advice received, its signature verified',
    zh: '收到 mirror.advice，签名已验证',
  };

  test.each([
    [
      'a spike',
      'mirror.spike',
      { finding },
      [{ stage: 'spike', ecosystem: 'paper', en: 'near is slow: 921 ms.', zh: 'near 缓慢' }],
    ],
    [
      'a finding of no mirror',
      'mirror.spike',
      { finding: { ...finding, registry: null } },
      [{ stage: 'spike', ecosystem: 'paper', en: 'near is slow: 921 ms.', zh: 'near is slow: 921 ms.' }],
    ],
    [
      'an advice, with the lines for a shell',
      'mirror.advice',
      { advice },
      [{ stage: 'advice', ecosystem: 'paper', en: 'far is faster.\nfar', zh: `${why}\nfar` }, received],
    ],
    [
      'an advice of a cause that is not known',
      'mirror.advice',
      { advice: { ...advice, cause: 'moon' } },
      [{ stage: 'advice', ecosystem: 'paper', en: 'far is faster.\nfar', zh: 'far is faster.\nfar' }, received],
    ],
    [
      'an advice, with the name of the file',
      'mirror.advice',
      { advice: inFile },
      [
        {
          stage: 'advice',
          ecosystem: 'paper',
          en: 'far is faster.\n  in /etc/x:\nfar',
          zh: `${why}\n  in /etc/x:\nfar`,
        },
        received,
      ],
    ],
    ['an advice that was taken back', 'mirror.advice', { advice: { ...advice, state: 'withdrawn' } }, []],
    ['a finding of another kind', 'mirror.unreliable', { finding }, []],
  ])('%s', (_, type, data, want) => expect(told(type, data)).toEqual(want));

  test('a wrong signature completes no stage', () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    expect(told('mirror.spike', { finding }, other)).toEqual([]);
    expect(shown({}, JSON.stringify({ type: 'mirror.spike', data: { finding } }))).toEqual([]);
  });
});
