import { describe, expect, test } from 'vitest';
import { type Faulty, startFaults } from '../../../../src/features/demo/faults.ts';
import { changesFor } from '../../../../src/features/demo/news.ts';
import { signature } from '../../../../src/notify/receivers/standard.ts';
import { english, wordsOf } from '../../../../src/words/words.ts';
import { manualTime } from '../../../daemon/manual-time.ts';

/** Mirrors of these names, with what happened to them in order. */
function faultyMirrors(names: readonly string[], isOnce = false) {
  const time = manualTime();
  const happened: string[] = [];
  const [ready, shown] = [new Set<string>(names), new Set<string>()];
  const mirrors: readonly Faulty[] = names.map((name) => ({
    strike: (isOn) => void happened.push(`${time.nowMs() / 1000} ${name} ${isOn ? 'struck' : 'healed'}`),
    isReady: async () => ready.has(name),
    isShown: () => shown.has(name),
  }));
  return { time, happened, ready, shown, faults: startFaults(mirrors, isOnce, time.timers) };
}

describe('the faults of a demo', () => {
  test('one mirror is slow from 14 s on for 90 s, well for 120, and slow again', async () => {
    const { time, happened } = faultyMirrors(['near']);
    await time.pass(224_000);
    expect(happened).toEqual(['14 near struck', '104 near healed', '224 near struck']);
  });

  test('none begins before what is usual of its mirror is known', async () => {
    const { time, happened, ready } = faultyMirrors(['near']);
    ready.clear();
    await time.pass(60_000);
    expect(happened).toEqual([]);
    ready.add('near');
    await time.pass(1_000);
    expect(happened).toEqual(['61 near struck']);
  });

  test('the next one begins when the stages of the previous one are complete', async () => {
    const { time, happened, shown } = faultyMirrors(['a', 'b', 'c']);
    await time.pass(20_000);
    expect(happened).toEqual(['14 a struck']);
    shown.add('a').add('c');
    await time.pass(5_000);
    expect(happened.slice(1)).toEqual(['21 b struck']);
    shown.add('b');
    await time.pass(1_000);
    expect(happened.slice(2)).toEqual(['26 c struck']);
  });

  test('of `--once` begin as soon as it is known what is usual, and last', async () => {
    const { time, happened, ready, shown } = faultyMirrors(['a', 'b'], true);
    ready.clear();
    await time.pass(8_500);
    expect(happened).toEqual([]);
    ready.add('a').add('b');
    await time.pass(200_000);
    expect(happened).toEqual(['9 a struck']);
    shown.add('a');
    await time.pass(200_000);
    expect(happened.slice(1)).toEqual(['209 b struck']);
  });

  test('after the end nothing happens any more, whatever was under way', async () => {
    const { time, happened, faults } = faultyMirrors(['a', 'b']);
    await time.pass(20_000);
    faults.stop();
    await time.pass(300_000);
    expect(happened).toEqual(['14 a struck']);
  });
});

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
      'an end',
      'mirror.recovery',
      { finding },
      [{ stage: 'recovery', ecosystem: 'paper', en: 'near is slow: 921 ms.', zh: '已结束：near 的延迟尖峰' }],
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
    const wrong = [
      {
        stage: 'webhook',
        ecosystem: null,
        en: 'a webhook came, but its signature is wrong',
        zh: '收到一条 webhook 消息，但签名不对',
      },
    ];
    expect(told('mirror.spike', { finding }, other)).toEqual(wrong);
    expect(shown({}, JSON.stringify({ type: 'mirror.spike', data: { finding } }))).toEqual(wrong);
  });
});
