import { describe, expect, test } from 'vitest';
import { type DemoPace, type Faulty, startFaults } from '../../../../src/features/demo/faults.ts';
import { changesFor } from '../../../../src/features/demo/news.ts';
import { signature } from '../../../../src/notify/receivers/standard.ts';
import { phrase } from '../../../../src/words/tell.ts';
import { manualTime } from '../../../daemon/manual-time.ts';

/** Mirrors of these names, with what happened to them in order. */
function faultyMirrors(names: readonly string[], pace: DemoPace = 'shown') {
  const time = manualTime();
  const happened: string[] = [];
  const [ready, over, told] = [new Set<string>(names), new Set<string>(), new Set<string>()];
  const say = (text: string): void => void happened.push(`${time.nowMs() / 1000} ${text}`);
  const mirrors: readonly Faulty[] = names.map((name) => ({
    name,
    strike: (isOn) => say(`${name} ${isOn ? 'struck' : 'healed'}`),
    fault: { stage: 'slowed', sentence: phrase('demo.slowed', { mirror: name, ms: 900 }) },
    isReady: async () => ready.has(name),
    isReported: () => told.has(name),
    needsEnd: () => over.has(name),
    report: (stage) => say(`${stage} ${name}`),
  }));
  return { time, happened, ready, over, told, faults: startFaults(mirrors, pace, time.timers) };
}

describe('the faults of a demo', () => {
  test('one mirror is slow from 14 s on for 90 s, well for 120, and slow again', async () => {
    const { time, happened } = faultyMirrors(['near']);
    await time.pass(224_000);
    const want = ['14 near struck', '14 slowed near', '104 near healed', '104 well near'];
    expect(happened).toEqual([...want, '224 near struck', '224 slowed near']);
  });

  test('none begins before what is usual of its mirror is known', async () => {
    const { time, happened, ready } = faultyMirrors(['near']);
    ready.clear();
    await time.pass(60_000);
    expect(happened).toEqual([]);
    ready.add('near');
    await time.pass(1_000);
    expect(happened).toEqual(['61 near struck', '61 slowed near']);
  });

  test('the next one begins when the stages of the previous one are complete', async () => {
    const { time, happened, told } = faultyMirrors(['a', 'b', 'c']);
    await time.pass(20_000);
    expect(happened).toEqual(['14 a struck', '14 slowed a']);
    told.add('a').add('c');
    await time.pass(5_000);
    expect(happened.slice(2)).toEqual(['21 b struck', '21 slowed b']);
    told.add('b');
    await time.pass(1_000);
    expect(happened.slice(4)).toEqual(['26 c struck', '26 slowed c']);
  });

  test('of `--once` begin as soon as it is known what is usual, and end early where a stage needs that', async () => {
    const { time, happened, ready, over, told } = faultyMirrors(['a', 'b'], 'once');
    ready.clear();
    await time.pass(8_500);
    expect(happened).toEqual([]);
    ready.add('a').add('b');
    await time.pass(10_000);
    expect(happened).toEqual(['9 a struck', '9 slowed a']);
    over.add('a');
    await time.pass(1_000);
    expect(happened.slice(2)).toEqual(['19 a healed', '19 well a']);
    told.add('a');
    await time.pass(90_000);
    expect(happened.slice(4)).toEqual(['20 b struck', '20 slowed b']);
    await time.pass(1_000);
    expect(happened.slice(6)).toEqual(['110 b healed', '110 well b']);
  });

  test('after the end nothing happens any more, whatever was under way', async () => {
    const { time, happened, faults } = faultyMirrors(['a', 'b']);
    await time.pass(13_000);
    faults.stop();
    await time.pass(300_000);
    expect(happened).toEqual([]);
  });
});

describe('the content of webhooks', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const told = (type: string, data: object, key = secret) => {
    const body = JSON.stringify({ type, data });
    const stamp = { 'webhook-id': 'msg_1', 'webhook-timestamp': '1700000000' };
    const headers = { ...stamp, 'webhook-signature': signature(key, 'msg_1', 1_700_000_000, body) };
    return changesFor({ headers, body }, secret);
  };
  const finding = { ecosystem: 'paper', registry: 'near', text: 'near is slow.' };
  const advice = {
    ecosystem: 'paper',
    state: 'proposed',
    reason: 'far is faster.',
    remedy: { lines: 'x', env: 'far' },
  };
  const inFile = { ...advice, remedy: { x: 'far', json: '{"x":{"path":"/etc/x"}}' } };
  const action = { ecosystem: 'paper', action: 'client', from: 'near', to: 'far', output: '+X=far' };
  const done = 'Action client done: switch of paper from near to far';
  const undone = 'Action client undone: switch of paper from near to far';
  const acted = (result: 'done' | 'undone') => ({
    sentence: { key: `action.${result}`, values: { action: 'client', what: 'paper', from: 'near', to: 'far' } },
  });
  const received = {
    stage: 'webhook',
    ecosystem: 'paper',
    text: 'mirror.advice received, its signature verified',
    message: { sentence: { key: 'demo.received', values: { type: 'mirror.advice' } } },
  };

  test.each([
    [
      'a spike',
      'mirror.spike',
      { finding },
      [
        {
          stage: 'spike',
          ecosystem: 'paper',
          text: 'near is slow.',
          message: { finding: { registry: 'near', isOver: false } },
        },
      ],
    ],
    [
      'an end',
      'mirror.recovery',
      { finding },
      [
        {
          stage: 'recovery',
          ecosystem: 'paper',
          text: 'near is slow.',
          message: { finding: { registry: 'near', isOver: true } },
        },
      ],
    ],
    [
      'an advice, with the lines for a shell',
      'mirror.advice',
      { advice },
      [{ stage: 'advice', ecosystem: 'paper', text: 'far is faster.\nfar', message: { advice } }, received],
    ],
    [
      'an advice, with the name of the file',
      'mirror.advice',
      { advice: inFile },
      [
        { stage: 'advice', ecosystem: 'paper', text: 'far is faster.\n  in /etc/x:\nfar', message: { advice: inFile } },
        received,
      ],
    ],
    [
      'an action that is done, with its diff',
      'mirror.action',
      { result: 'done', action },
      [{ stage: 'changed', ecosystem: 'paper', text: `${done}\n+X=far`, message: acted('done') }],
    ],
    [
      'an action that is undone',
      'mirror.action',
      { result: 'undone', action },
      [{ stage: 'undone', ecosystem: 'paper', text: undone, message: acted('undone') }],
    ],
    ['an action that is held', 'mirror.action', { result: 'held', action }, []],
    ['an advice that was taken back', 'mirror.advice', { advice: { ...advice, state: 'withdrawn' } }, []],
    ['a finding of another kind', 'mirror.unreliable', { finding }, []],
  ])('%s', (_, type, data, want) => {
    expect(told(type, data)).toEqual(want);
  });

  test('a wrong signature completes no stage', () => {
    const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
    const text = 'a webhook came, but its signature is wrong';
    const wrong = [
      { stage: 'webhook', ecosystem: null, text, message: { sentence: { key: 'demo.wrong', values: {} } } },
    ];
    expect(told('mirror.spike', { finding }, other)).toEqual(wrong);
    const body = JSON.stringify({ type: 'mirror.spike', data: { finding } });
    expect(changesFor({ headers: {}, body }, secret)).toEqual(wrong);
  });
});
