import { describe, expect, it } from 'vitest';
import { limits } from '../../../src/core/limits.ts';
import type { Delivery } from '../../../src/core/notice.ts';
import { delivered, finding, later, receiver, Stage } from './stage.ts';

const outage = finding('outage', 'a');
const hour = 3_600_000;

describe('what is undelivered', () => {
  it('is replaced by news about its subject', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.close(outage);
    expect(stage.outcomes).toEqual(['ops replaced']);
    expect(stage.all(delivered)).toEqual(['ops mirror.recovery 2 msg-2']);
    expect(stage.outbox()).toEqual([]);
  });

  it('is refreshed by a change of the same finding, and the recovery resolves the fresh one', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.change({ ...outage, confidence: 'high' });
    const [sent] = stage.send();
    expect(sent?.notice).toMatchObject({ id: 'msg-2', seq: 2, type: 'mirror.outage' });
    expect(JSON.parse(sent?.notice.body ?? '').data.finding.confidence).toBe('high');
    if (sent) stage.end(sent.notice, delivered);
    stage.close(outage);
    expect(JSON.parse(stage.send()[0]?.notice.body ?? '').data.resolves).toBe('msg-2');
  });

  const failed = (kind: 'network' | 'timeout', code: string): Delivery => ({
    tag: 'failed',
    failure: { kind, code, retry: 'later' },
  });
  it.each<[string, Delivery, string]>([
    ['answered 503', later, 'msg-1'],
    ['cut after it was sent', failed('network', 'ECONNRESET'), 'msg-1'],
    ['without an answer in time', failed('timeout', 'timeout'), 'msg-1'],
    ['refused before it was sent', failed('network', 'ECONNREFUSED'), 'msg-2'],
  ])('%s: what may have arrived keeps its id and text, what cannot have is refreshed', (_, delivery, id) => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.all(delivery);
    stage.change({ ...outage, confidence: 'high' });
    stage.pass(2_000);
    expect(stage.send().map(({ notice }) => notice.id)).toEqual([id]);
  });

  it('may have arrived where the process ended with it under way', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.send();
    stage.restart();
    stage.change({ ...outage, confidence: 'high' });
    expect(stage.due()).toEqual(['ops mirror.outage 1 msg-1']);
  });

  it('is not replaced by another finding while its own is open', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(finding('mismatch', 'a', { id: 'm1' }));
    stage.open(finding('mismatch', 'a', { id: 'm2' }));
    expect(stage.all(delivered)).toEqual(['ops mirror.mismatch 1 msg-1']);
    expect(stage.all(delivered)).toEqual(['ops mirror.mismatch 2 msg-2']);
  });

  it('keeps the back-off of what it replaces', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    for (let i = 0; i < 8; i += 1) {
      stage.all(later);
      stage.pass((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs);
    }
    stage.all(later);
    stage.close(outage);
    expect(stage.due()).toEqual([]);
    stage.pass((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs);
    expect(stage.due()).toHaveLength(1);
  });

  it('waits behind what is under way; when that fails, the newer goes in its place', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    const [first] = stage.send();
    stage.close(outage);
    expect(stage.due()).toEqual([]);
    if (first) stage.end(first.notice, later);
    expect(stage.outcomes).toEqual(['ops replaced']);
    stage.pass(2_000);
    expect(stage.due()).toEqual(['ops mirror.recovery 2 msg-2']);
  });

  it('goes out in order of seq when what is under way arrives', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    const [first] = stage.send();
    stage.close(outage);
    if (first) stage.end(first.notice, delivered);
    expect(stage.due()).toEqual(['ops mirror.recovery 2 msg-2']);
  });
});

describe('retries', () => {
  it('doubles between its limits, jittered, and keeps the id', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    const waits: number[] = [];
    for (let i = 0; i < 13; i += 1) {
      expect(stage.all(later)).toEqual(['ops mirror.outage 1 msg-1']);
      const waitMs = (stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs;
      waits.push(waitMs);
      stage.pass(waitMs - 1);
      expect(stage.due()).toEqual([]);
      stage.pass(1);
    }
    expect(waits).toEqual([
      1_500, 3_000, 6_000, 12_000, 24_000, 48_000, 96_000, 192_000, 384_000, 675_000, 675_000, 675_000, 675_000,
    ]);
    expect(stage.outcomes).toEqual(Array.from({ length: 13 }, () => 'ops retried'));
  });

  it('obeys Retry-After for all that waits for this receiver, and for no other', () => {
    const stage = new Stage([receiver('ops'), receiver('chat')]);
    stage.open(outage);
    const throttled: Delivery = { tag: 'failed', failure: { kind: 'status', status: 429, retry: { afterMs: 60_000 } } };
    for (const { notice } of stage.send()) stage.end(notice, notice.receiver === 'ops' ? throttled : delivered);
    stage.open(finding('outage', 'b'));
    expect(stage.all(delivered)).toEqual(['chat mirror.outage 1 msg-4']);
    stage.pass(59_999);
    expect(stage.due()).toEqual([]);
    stage.pass(1);
    expect(stage.due()).toEqual(['ops mirror.outage 1 msg-1', 'ops mirror.outage 1 msg-3']);
  });

  it.each([
    ['a webhook', receiver('ops'), limits.deliveryBackoffMsMax],
    [
      'an Alertmanager, whose alerts would end meanwhile',
      receiver('ops', { format: 'alertmanager' }),
      limits.pushEveryMs,
    ],
  ])('a Retry-After of a day holds %s no longer than the longest back-off, and is shown', (_name, one, longestMs) => {
    const stage = new Stage([one]);
    stage.open(outage);
    const failure = { kind: 'status', status: 429, retry: { afterMs: 86_000_000 } } as const;
    stage.all({ tag: 'failed', failure });
    expect(stage.notifier.queues(stage.at)).toMatchObject([{ failure, nextAttemptSeconds: longestMs / 1_000 }]);
    stage.pass(longestMs - 1);
    expect(stage.due()).toEqual([]);
    stage.pass(1);
    expect(stage.all(delivered)).toEqual(['ops mirror.outage 1 msg-1']);
    expect(stage.notifier.queues(stage.at)).toMatchObject([{ length: 0, failure: null, nextAttemptSeconds: null }]);
  });

  it('gives up what can never arrive', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.all({ tag: 'failed', failure: { kind: 'status', status: 400, retry: 'never' } });
    expect(stage.outcomes).toEqual(['ops rejected']);
    expect(stage.outbox()).toEqual([]);
    expect(stage.notifier.wakeAtMs(stage.at)).toBeNull();
  });

  it.each([
    ['just before a day', limits.deliveryAgeMsMax - 1, ['ops mirror.outage 1 msg-1'], []],
    ['after a day', limits.deliveryAgeMsMax, [], ['ops expired']],
  ])('%s', (_name, ms, want, outcomes) => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.pass(ms);
    expect(stage.due()).toEqual(want);
    stage.idle();
    expect(stage.outcomes).toEqual(outcomes);
    expect(stage.outbox()).toHaveLength(want.length);
  });

  it('wakes for the expiry of what is not due before', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    stage.pass(limits.deliveryAgeMsMax - 1_000);
    stage.all(later);
    expect((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs).toBe(1_000);
  });
});

describe('over a restart', () => {
  it('rows of messages that an older release could change are deleted', () => {
    const stage = new Stage([receiver('r')]);
    stage.rows.set('meta/sent/r/1', { table: 'meta', key: 'sent/r/1', atMs: 0, value: { v: 1, receiver: 'r' } });
    stage.restart();
    stage.idle();
    expect([...stage.rows.keys()]).toEqual([]);
  });

  it('what was under way goes out again under its id, seq goes on, a recovery still resolves', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    expect(stage.due()).toEqual(['ops mirror.outage 1 msg-1']);
    stage.restart();
    expect(stage.all(delivered)).toEqual(['ops mirror.outage 1 msg-1']);
    stage.restart();
    stage.close(outage);
    const [sent] = stage.send();
    expect(JSON.parse(sent?.notice.body ?? '').data).toMatchObject({ seq: 2, resolves: 'msg-1' });
  });

  it('keeps the back-off, but not for longer than its limit, whatever the wall clock did', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    for (let i = 0; i < 5; i += 1) {
      stage.all(later);
      stage.pass((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs);
    }
    stage.all(later);
    stage.restart();
    expect((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs).toBe(48_000);
    stage.at = { ...stage.at, wallMs: stage.at.wallMs - 48 * hour };
    stage.restart();
    expect((stage.notifier.wakeAtMs(stage.at) ?? 0) - stage.at.monotonicMs).toBe(limits.deliveryBackoffMsMax);
  });

  it('drops rows that cannot be read, and those of receivers that are gone', () => {
    const stage = new Stage([receiver('ops'), receiver('chat')]);
    stage.open(outage);
    stage.rows.set('outbox/ops/bad', { table: 'outbox', key: 'ops/bad', atMs: 0, value: { notice: { id: 7 } } });
    stage.rows.set('outbox/ops/null', { table: 'outbox', key: 'ops/null', atMs: 0, value: null });
    stage.config = { ...stage.config, webhooks: [receiver('ops')] };
    stage.restart();
    stage.idle();
    expect(stage.outbox()).toEqual(['outbox/ops/msg-1']);
  });

  it('an answer for a notice that is not there any more changes nothing', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    const [sent] = stage.send();
    if (sent) stage.end(sent.notice, delivered);
    if (sent) stage.end(sent.notice, later);
    expect(stage.outcomes).toEqual(['ops delivered']);
  });
});
