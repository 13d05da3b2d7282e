import { describe, expect, it } from 'vitest';
import { chatServices } from '../../../../src/notify/receivers/receivers.ts';
import { delivered, finding, gone, later, Stage } from '../stage.ts';
import { chat, formats, one, propose, refs, refused, textsOf, tooFast } from './chats.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const outage = finding('outage', 'a', { cause: 'refused' });
const spike = finding('spike', 'b');

describe('grouping', () => {
  it('what comes within the window of the first becomes one card, what comes later the next', () => {
    const stage = new Stage([chat('c', 'slack')]);
    stage.pass(minute);
    stage.open(outage);
    stage.pass(10 * second);
    expect(stage.send()).toEqual([]);
    propose(stage);
    stage.pass(5 * second - 1);
    expect([stage.send(), stage.notifier.wakeAtMs(stage.at)]).toEqual([[], stage.at.monotonicMs + 1]);
    stage.pass(1);
    const card = one(stage.send());
    expect(refs(card)).toEqual(['msg-2', 'msg-1']);
    stage.open(spike);
    expect(stage.send()).toEqual([]);
    stage.end(card.notice, delivered);
    expect([stage.outcomes, stage.outbox()]).toEqual([['c delivered', 'c delivered'], ['outbox/c/msg-3']]);
    stage.pass(15 * second);
    expect(refs(one(stage.send()))).toEqual(['msg-3']);
  });

  it('without a window each turn is a card, as fast as the service takes them', () => {
    const stage = new Stage([chat('c', 'dingtalk', { groupMs: 0 })]);
    stage.pass(minute);
    stage.open(outage);
    const first = one(stage.send());
    stage.end(first.notice, delivered);
    stage.open(spike);
    expect(stage.send()).toEqual([]);
    stage.pass(chatServices.dingtalk.spacingMs);
    expect(refs(one(stage.send()))).toEqual(['msg-2']);
  });

  it('a mirror that flaps faster than the window is reported once, and its end once it lasts', () => {
    const stage = new Stage([chat('c', 'wecom')]);
    stage.pass(minute);
    for (const id of ['f1', 'f2', 'f3']) {
      stage.open({ ...outage, id });
      stage.pass(4 * second);
      stage.close({ ...outage, id });
      stage.pass(second);
    }
    const card = one(stage.send());
    expect(textsOf(card.message.body)).toContain('2 times since 03-01 08:00');
    stage.end(card.notice, delivered);
    stage.pass(60 * minute);
    stage.idle();
    stage.pass(minute);
    const end = one(stage.send());
    expect(textsOf(end.message.body)).toContain('Ended: the outage of a');
    expect(textsOf(end.message.body)).toContain('Resolves');
    stage.end(end.notice, delivered);
    expect(stage.outbox()).toEqual([]);
  });
});

describe('rates', () => {
  it.each([
    ['slack', 1_000],
    ['feishu', 600],
    ['dingtalk', 3_000],
    ['wecom', 3_000],
  ] as const)('%s: a storm of news never goes faster than the service allows', (format, leastMs) => {
    const stage = new Stage([chat('c', format, { groupMs: 0 })]);
    const at: number[] = [];
    for (let n = 0; n < 1_000; n += 1) {
      stage.open({ ...spike, id: `s${n}`, registry: `m${n}` });
      for (const { notice } of stage.send()) {
        at.push(stage.at.monotonicMs);
        stage.end(notice, delivered);
      }
      // A daemon that dies again and again keeps to it too.
      if (n % 100 === 99) stage.restart();
      stage.pass(100);
    }
    const gaps = at.slice(1).map((ms, index) => ms - (at[index] ?? 0));
    expect(at.length).toBeGreaterThan(2);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(leastMs);
    const perMinute = at.map((from) => at.filter((ms) => ms >= from && ms < from + minute).length);
    expect(Math.max(...perMinute)).toBeLessThanOrEqual({ slack: 60, feishu: 100, dingtalk: 20, wecom: 20 }[format]);
  });

  it('is that of the bot: receivers of one URL keep it together', () => {
    const { url } = chat('c', 'dingtalk');
    const receivers = ['a', 'b'].map((name) => chat(name, 'dingtalk', { groupMs: 0 }, { url }));
    const stage = new Stage([...receivers, chat('other', 'dingtalk', { groupMs: 0 })]);
    stage.pass(minute);
    stage.open(outage);
    expect(stage.send().map(({ notice }) => notice.receiver)).toEqual(['a', 'other']);
    stage.pass(chatServices.dingtalk.spacingMs - 1);
    expect(stage.send()).toEqual([]);
    stage.pass(1);
    expect(stage.send().map(({ notice }) => notice.receiver)).toEqual(['b']);
  });

  it('where the service says that it was too fast, it is left alone for as long as it says, and nothing is lost', () => {
    const stage = new Stage([chat('c', 'dingtalk')]);
    stage.open(outage);
    stage.pass(15 * second);
    stage.end(one(stage.send()).notice, tooFast);
    stage.open(spike);
    stage.pass(600 * second - 1);
    expect([stage.send(), stage.notifier.wakeAtMs(stage.at)]).toEqual([[], stage.at.monotonicMs + 1]);
    stage.pass(1);
    expect(refs(one(stage.send()))).toEqual(['msg-1', 'msg-2']);
  });
});

describe('what fails', () => {
  it('a card that did not arrive is sent again, with the same refs, together with later events', () => {
    const stage = new Stage([chat('c', 'feishu')]);
    stage.open(outage);
    stage.pass(15 * second);
    stage.end(one(stage.send()).notice, later);
    expect(stage.outcomes).toEqual(['c retried']);
    stage.open(spike);
    stage.pass(15 * second);
    const again = one(stage.send());
    expect(refs(again)).toEqual(['msg-1', 'msg-2']);
    stage.end(again.notice, delivered);
    expect(stage.outbox()).toEqual([]);
  });

  it('a notice that is never taken holds up no other', () => {
    const stage = new Stage([chat('c', 'wecom')]);
    for (const registry of ['a', 'b', 'c']) stage.open(finding('outage', registry));
    const taken: string[] = [];
    let rounds = 0;
    while (taken.length < 2 && rounds < 100) {
      stage.pass(20 * second);
      for (const sent of stage.send()) {
        const ids = sent.card?.sections.map(({ ref }) => ref) ?? [];
        // It never takes the second one, alone or with others.
        const isTaken = !ids.includes('msg-2');
        if (isTaken) taken.push(...ids);
        stage.end(sent.notice, isTaken ? delivered : refused);
      }
      rounds += 1;
    }
    expect(taken.toSorted()).toEqual(['msg-1', 'msg-3']);
    expect(stage.outbox()).toEqual(['outbox/c/msg-2']);
    stage.open(spike);
    for (let n = 0; n < 100 && !taken.includes('msg-4'); n += 1) {
      stage.pass(20 * second);
      for (const sent of stage.send()) {
        const ids = sent.card?.sections.map(({ ref }) => ref) ?? [];
        if (!ids.includes('msg-2')) taken.push(...ids);
        stage.end(sent.notice, ids.includes('msg-2') ? refused : delivered);
      }
    }
    expect(taken).toContain('msg-4');
    stage.pass(25 * hour);
    stage.idle();
    expect(stage.outbox()).toEqual([]);
    expect(stage.outcomes.at(-1)).toBe('c expired');
  });

  it('410 turns it off, as any receiver', () => {
    const stage = new Stage([chat('c', 'slack')]);
    stage.open(outage);
    stage.open(spike);
    stage.pass(15 * second);
    stage.end(one(stage.send()).notice, gone);
    expect([stage.outcomes, stage.outbox()]).toEqual([['c disabled', 'c disabled'], []]);
  });

  it('a killed process loses nothing: a card that may have arrived is sent again with the same ref', () => {
    const stage = new Stage([chat('c', 'feishu', {}, { lang: 'zh' })]);
    stage.open(outage);
    propose(stage);
    stage.pass(15 * second);
    const before = refs(one(stage.send()));
    stage.restart();
    stage.pass(15 * second);
    const again = one(stage.send());
    expect(refs(again)).toEqual(before);
    stage.end(again.notice, delivered);
    expect(stage.outbox()).toEqual([]);
  });
});

describe('what it resolves', () => {
  it('the end of a finding names the message about its opening', () => {
    const stage = new Stage([chat('c', 'slack')]);
    stage.open(outage);
    stage.pass(15 * second);
    stage.end(one(stage.send()).notice, delivered);
    stage.restart();
    stage.pass(12 * minute);
    stage.close(outage);
    stage.pass(15 * second);
    const texts = textsOf(one(stage.send()).message.body);
    expect(texts).toContain('🟢 Ended: the outage of a');
    expect(texts).toContain('*Duration*  03-01 08:00 to 03-01 08:12 (12 min)');
    expect(texts).toContain('*Resolves*  message #msg-1');
  });

  it('our own network is in trouble for 10 minutes before its finding opens: messages count them', () => {
    const stage = new Stage([chat('c', 'slack')]);
    const slow = finding('vantage', null, { cause: 'all_slow' });
    stage.open(slow);
    stage.pass(15 * second);
    const opened = one(stage.send());
    expect(textsOf(opened.message.body)).toContain('*Since*  03-01 07:50');
    stage.end(opened.notice, delivered);
    stage.pass(12 * minute);
    stage.close(slow);
    stage.pass(15 * second);
    expect(textsOf(one(stage.send()).message.body)).toContain('*Duration*  03-01 07:50 to 03-01 08:12 (22 min)');
  });
});

describe('what it refers to after a restart', () => {
  const quiet = { fromMinute: 7 * 60, toMinute: 12 * 60, urgent: 'hold' } as const;
  it.each([
    ['a card that may have gone out: its message', null, 16 * second, true],
    ['one that still waited for others: none', null, 10 * second, false],
    ['one that was held by quiet hours: none', quiet, hour, false],
  ])('%s', (_, hours, ms, refers) => {
    const stage = new Stage([chat('c', 'slack', { quiet: hours })]);
    stage.open(outage);
    stage.pass(ms);
    // Whether it is sent or not, nothing of that is stored before the process ends.
    stage.send();
    stage.restart();
    stage.close(outage);
    stage.pass(5 * hour);
    expect(textsOf(one(stage.send()).message.body).includes('*Resolves*  message #msg-1')).toBe(refers);
  });
});

describe('a receiver that changes its kind', () => {
  it.each(formats)('from standard to %s: what waits goes out as a card', (format) => {
    const stage = new Stage([chat('c', format, {}, { format: 'standard' })]);
    stage.open(outage);
    stage.config = { ...stage.config, webhooks: [chat('c', format)] };
    stage.take(stage.notifier.reconfigure(stage.config, stage.at));
    stage.pass(15 * second);
    expect(textsOf(one(stage.send()).message.body)).toContain('a has an outage');
  });

  it.each([
    ['at a reload', (stage: Stage) => stage.take(stage.notifier.reconfigure(stage.config, stage.at))],
    ['over a restart', (stage: Stage) => stage.restart()],
  ])('from alertmanager, %s: what waits is in a form of its own, and goes', (_, change) => {
    const alertmanager = chat('c', 'slack', {}, { format: 'alertmanager' });
    const stage = new Stage([{ ...alertmanager, chat: undefined } as unknown as typeof alertmanager]);
    stage.open(outage);
    expect(stage.outbox()).toHaveLength(1);
    stage.config = { ...stage.config, webhooks: [chat('c', 'slack')] };
    change(stage);
    stage.idle();
    expect(stage.outbox()).toEqual([]);
    stage.pass(minute);
    expect(stage.send()).toEqual([]);
  });
});
