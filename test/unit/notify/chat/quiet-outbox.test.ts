import { describe, expect, it } from 'vitest';
import { limits } from '../../../../src/core/limits.ts';
import { delivered, finding, Stage } from '../stage.ts';
import { chat, one, propose, refs } from './chats.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const outage = finding('outage', 'a', { cause: 'refused' });
const spike = finding('spike', 'b');

describe('quiet hours', () => {
  // The stage begins at 08:00 in Shanghai.
  const nightly = { quiet: { fromMinute: 22 * 60, toMinute: 7 * 60, urgent: 'hold' } } as const;

  it('events during quiet hours are one summary at their end; a fault that came and went is reported as resolved', () => {
    const stage = new Stage([chat('c', 'dingtalk', nightly, { lang: 'zh' })]);
    stage.pass(15 * hour);
    stage.open(outage);
    propose(stage);
    stage.open(spike);
    stage.pass(hour);
    stage.close(spike);
    expect(stage.send()).toEqual([]);
    expect(stage.notifier.wakeAtMs(stage.at)).toBe(stage.at.monotonicMs + 7 * hour);
    stage.restart();
    stage.pass(7 * hour - 1);
    expect(stage.send()).toEqual([]);
    // Who is left alone is not stuck: an alert goes by this.
    expect(stage.notifier.queues(stage.at)).toMatchObject([{ length: 3, oldestSeconds: 0 }]);
    stage.pass(1);
    const card = one(stage.send());
    expect(card.card?.title).toBe('静默时段（22:00–07:00）内：3 条通知');
    expect(refs(card)).toEqual(['msg-2', 'msg-1', 'msg-4']);
    stage.end(card.notice, delivered);
    expect(stage.outbox()).toEqual([]);
  });

  it.each([
    ['held, where nothing is said', 'hold', { state: 'proposed', cause: 'outage' }, []],
    ['sent, where it may pass', 'pass', { state: 'proposed', cause: 'outage' }, ['msg-2']],
    ['sent, where wrong bytes are left', 'pass', { state: 'proposed', cause: 'mismatch' }, ['msg-2']],
    ['held, where another is but faster', 'pass', { state: 'proposed', cause: 'slower' }, []],
    ['held, where it asks for nothing', 'pass', { state: 'withdrawn', cause: 'outage' }, []],
    ['held, where the outage is over', 'pass', { state: 'proposed', cause: 'outage', phase: 'over' }, []],
  ] as const)('advice to leave a mirror in them is %s', (_, urgent, more, want) => {
    const stage = new Stage([chat('c', 'slack', { quiet: { ...nightly.quiet, urgent } })]);
    stage.pass(15 * hour);
    stage.open(outage);
    propose(stage, more);
    stage.pass(15 * second);
    const sent = stage.send();
    expect(sent.flatMap(({ card }) => card?.sections.map(({ ref }) => ref) ?? [])).toEqual(want);
    for (const { notice } of sent) stage.end(notice, delivered);
    expect(stage.outbox()).toHaveLength(2 - want.length);
    stage.pass(8 * hour);
    expect(stage.send().flatMap(({ card }) => card?.sections ?? [])).toHaveLength(2 - want.length);
  });

  it('nothing expires of what was held for less than a day', () => {
    const longest = { fromMinute: 1, toMinute: 0, urgent: 'hold' } as const;
    const stage = new Stage([chat('c', 'slack', { quiet: longest, timeZone: 'UTC' })]);
    stage.pass(minute);
    stage.open(outage);
    stage.pass(limits.deliveryAgeMsMax - minute - 1);
    expect(stage.send()).toEqual([]);
    stage.pass(1);
    expect(refs(one(stage.send()))).toEqual(['msg-1']);
  });
});
