import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../../src/core/advice.ts';
import { messageFor, phrase } from '../../../../src/words/tell.ts';
import { english } from '../../../../src/words/words.ts';
import { table } from '../../../support/table.ts';
import { advice, finding, Stage } from '../stage.ts';
import { proposal, second, sentOf } from './card-stage.ts';
import { chat, textsOf } from './chats.ts';

const undo = 'Undo the change in clients that still have it.';

it('a card about advice whose trouble is over does not say to switch', () => {
  const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
  const over = messageFor('ground.outlives', {
    trouble: 'coast responds again',
    line: '',
    head: 'coast',
    to: 'inland',
  });
  stage.advise('proposed', {
    ...proposal,
    reason: over.text,
    sentence: over.sentence,
    phase: 'over',
    newClients: 'usual',
  });
  const text = sentOf(stage).map(textsOf).join('\n');
  expect(text).toContain('go: the trouble of coast is over, the usual line again');
  expect(text).toContain('*Reason at the time*  requests to coast fail');
  expect(text).not.toContain('Switch go from');
});

it('a card that proposes a last choice warns of its wrong bytes', () => {
  const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
  const promise = phrase('ground.lastChoice', {
    to: 'inland',
    isSure: 'yes',
    id: 'f-1',
    items: 'm@v1',
    more: 0,
    right: '',
  });
  const { text, sentence } = messageFor('ground.move', { trouble: 'coast is down', promise });
  const candidates = [{ registry: 'inland', scoreSeconds: 0.4, gate: 'mismatch', sum: null, bound: null }] as const;
  stage.advise('proposed', { ...proposal, reason: text, sentence, candidates });
  const card = sentOf(stage).map(textsOf).join('\n');
  expect(card).toContain('inland is the last choice: no other mirror is usable. inland served wrong bytes of m@v1.');
  expect(card).toContain('mirrorwatch ack f-1');
});

describe('recurring trouble says how long it must be over before that is reported', () => {
  it.each<['en' | 'zh', string, string]>([
    [
      'en',
      'the recovery is reported at the latest after 1 h 0 min without the problem',
      'the end of this advice is reported after 1 h 0 min without the problem, or when inland has trouble',
    ],
    [
      'zh',
      '最迟在连续 1 小时 0 分钟 未再发生后通知恢复',
      '连续 1 小时 0 分钟 未再发生后，或 inland 出现问题时，才通知此建议结束',
    ],
  ])('in %s', (lang, wanted, stay) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang })]);
    const outage = finding('outage', 'hill');
    let text = '';
    for (let time = 0; time < 2; time += 1) {
      stage.open(outage);
      stage.advise('proposed', proposal);
      text = sentOf(stage).map(textsOf).join();
      stage.close(outage);
      stage.advise('withdrawn', { ...proposal, state: 'withdrawn' });
      sentOf(stage);
    }
    expect(text).toContain(wanted);
    expect(text).toContain(stay);
  });

  it('an outage after slowness is not counted as the same problem, and no recovery of it is promised', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    let text = '';
    for (const [kind, cause] of [
      ['spike', 'spike'],
      ['outage', 'outage'],
    ] as const) {
      const found = finding(kind, 'coast');
      stage.open(found);
      stage.advise('proposed', { ...proposal, cause });
      text = sentOf(stage).map(textsOf).join();
      stage.close(found);
      stage.advise('withdrawn', { ...proposal, cause, state: 'withdrawn' });
    }
    expect(text).toContain('there were problems before. After the switch to inland, stay there');
    expect(text).not.toMatch(/ times since|recovery/);
    expect(sentOf(stage).map(textsOf).join()).toContain('Ended: the outage of coast');
  });
});

describe('the lines of an advice can be pasted', () => {
  const shown = (remedy: Advice['remedy']): string => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    stage.advise('proposed', { ...proposal, remedy });
    return sentOf(stage).map(textsOf).join('\n');
  };

  it('lines for a shell come before those of a file', () => {
    const text = shown({ pip: '[global]', env: "export PIP_INDEX_URL='x'", json: '{}' });
    expect(text).toContain("export PIP_INDEX_URL='x'");
    expect(text).not.toContain('[global]');
  });

  it('the title of other lines names their file', () => {
    const json = JSON.stringify({ 'daemon.json': { path: '/etc/docker/daemon.json', keys: {} } });
    expect(shown({ 'daemon.json': '{ "a": 1 }', json })).toMatch(/Set in \/etc\/docker\/daemon\.json\*?\n/);
  });

  it('without lines for people, the chain is named', () => {
    const text = shown({ json: '{"urls":["x"]}' });
    expect(text).not.toContain('urls');
    expect(text).toContain(proposal.chain.after);
    // `proposal` has something that no line covers.
    expect(text).toContain(english('note.limits'));
  });
});

describe('the end of an advice says what its reader must do', () => {
  it.each(
    table<[string, Partial<Advice>, string, boolean][]>(
      'unit/notify/chat/advice-cards',
      'the end of an advice says what its reader must do: %s',
    ),
  )('%s', (_, over, title, isToUndo) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    const one = { ...proposal, settledAtMs: Date.parse('2026-03-02T00:00:00.000Z'), ...over };
    stage.advise('expired', one);
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain(title);
    expect(text.includes(undo)).toBe(isToUndo);
    expect(text.startsWith('🔵')).toBe(isToUndo);
    const isRefusal = one.refusal !== null && one.to === one.from;
    const reason = isRefusal ? 'no other mirror can be advised' : 'requests to coast fail · connections are refused';
    const isWithdrawn = one.state === 'withdrawn' && !isRefusal;
    const why = isToUndo ? 'the preferred mirror is healthy again' : isWithdrawn ? one.reason : null;
    expect(text).toContain(why === null ? `*Reason at the time*  ${reason}\n` : `*Why*  ${why}\n`);
    expect(text.includes('*Why*')).toBe(why !== null);
  });

  it('in Chinese, the reason of a dismissed switch is one of the past', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'zh' })]);
    stage.advise('dismissed', { ...proposal, state: 'dismissed' });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*当时的原因*  对 coast 的请求失败');
    expect(text).not.toContain('*原因*');
  });

  it('in Chinese, a withdrawn switch says why it ended', () => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'zh' })]);
    const end = messageFor('ground.changed');
    stage.advise('withdrawn', { ...proposal, state: 'withdrawn', reason: end.text, sentence: end.sentence });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*原因*  配置已更改。');
    expect(text).not.toContain('*当时的原因*');
  });

  it.each(['proposed', 'accepted', 'refused'] as const)('advice in state %s has a present reason', (state) => {
    const stage = new Stage([chat('c', 'slack', {}, { lang: 'en' })]);
    stage.advise(state, { ...proposal, state });
    const text = sentOf(stage).map(textsOf).join('\n');
    expect(text).toContain('*Why*  requests to coast fail · connections are refused\n');
  });
});

describe('the client’s own switch', () => {
  const bypass = 'GODEBUG=http2client=0';
  it.each([
    ['proposed', { to: 'a', bypass, cause: 'outage' }, 'Set GODEBUG=http2client=0 for go'],
    ['proposed', { to: 'a', bypass, cause: 'failback' }, 'Remove GODEBUG=http2client=0 for go'],
    ['withdrawn', { to: 'a', bypass, cause: 'outage' }, 'No longer valid: the advice on GODEBUG=http2client=0 for go'],
    ['proposed', { bypass, cause: 'outage' }, 'Switch go from a to b'],
  ] as const)('%s %j', (change, over, title) => {
    const stage = new Stage([chat('c', 'slack')]);
    const given = { ...advice('x'), ...over, state: change };
    stage.advise(change, given);
    stage.pass(20 * second);
    expect(stage.send().flatMap(({ card }) => card?.sections.map((one) => one.title) ?? [])).toEqual([title]);
  });
});
