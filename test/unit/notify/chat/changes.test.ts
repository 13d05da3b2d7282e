import { expect, it } from 'vitest';
import type { Delivery } from '../../../../src/core/notice.ts';
import { advice, delivered, finding, receiver, Stage } from '../stage.ts';
import { chat, textsOf } from './chats.ts';

const second = 1_000;
const minute = 60 * second;
const outage = finding('outage', 'a');
const leave = advice('leave', { to: 'b', expiresAtMs: Date.parse('2026-03-02T00:00:00.000Z') });
const unknownMessage: Delivery = { tag: 'failed', failure: { kind: 'refused', code: '10008', retry: 'later' } };
const busy: Delivery = { tag: 'failed', failure: { kind: 'status', status: 503, retry: 'later' } };

/** A stage with a channel in Discord, and what it shows now: one text a message, in the order of their first sending. */
class Channel {
  readonly stage = new Stage([chat('c', 'discord')]);
  readonly shown = new Map<string, string>();
  readonly calls: string[] = [];
  #next = 100;

  /** Lets time pass and sends what is due, each ended by `how`; without it as Discord would. */
  pass(ms: number, how?: Delivery): void {
    this.stage.pass(ms);
    this.stage.idle();
    for (const { notice, message } of this.stage.send()) {
      const { method = 'POST', url, body } = message;
      const { pathname, search } = new URL(url);
      const changed = /\/messages\/(\d+)$/.exec(pathname)?.[1];
      this.calls.push(
        changed === undefined ? `${method}${search.includes('wait=true') ? '' : ' ?'}` : `${method} ${changed}`,
      );
      if (how === undefined) {
        if (changed === undefined) this.#next += 1;
        const receipt = changed ?? String(this.#next);
        this.shown.set(receipt, textsOf(body));
        this.stage.end(notice, { tag: 'delivered', status: 200, receipt });
      } else this.stage.end(notice, how);
    }
  }

  /** The fault of a whole morning: advice to leave, the outage, its end, the way back. */
  story(): void {
    this.stage.open(outage);
    this.stage.advise('proposed', leave);
    this.pass(20 * second);
    this.stage.close(outage);
    this.pass(20 * second);
    this.stage.advise('withdrawn', { ...leave, state: 'withdrawn' });
    this.pass(20 * second);
  }

  texts(): readonly string[] {
    return [...this.shown.values()];
  }
}

it('one fault is two messages: what to do, changed when the mirror is well, and the way back', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.story();
  expect(channel.calls).toEqual(['POST', 'PATCH 101', 'POST']);
  const [first, second] = channel.texts();
  expect(first).toContain('Switch go from a to b');
  expect(first).toContain('Ended: the outage of a');
  expect(first).not.toContain('🔴 a has an outage');
  expect(second).toContain('No longer advised');
  expect(channel.stage.outbox()).toEqual([]);
});

it('a finding about a mirror that advice says to leave is added to the message with that advice', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.advise('proposed', leave);
  channel.pass(20 * second);
  channel.stage.open(finding('spike', 'a'));
  channel.pass(20 * second);
  expect(channel.calls).toEqual(['POST', 'PATCH 101']);
  expect(channel.texts()[0]).toMatch(/Switch go from a to b[\s\S]*a is slow/);
});

it('what was accepted takes the place of its proposal', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.advise('proposed', leave);
  channel.pass(20 * second);
  channel.stage.advise('accepted', { ...leave, state: 'accepted' });
  channel.pass(20 * second);
  expect(channel.texts()).toHaveLength(1);
  expect(channel.texts()[0]).toContain('Accepted: go clients use b');
  expect(channel.texts()[0]).not.toContain('Switch go');
});

it('a message that is gone is not changed: a new one is sent at once', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.open(outage);
  channel.pass(20 * second);
  channel.stage.close(outage);
  channel.pass(20 * second, unknownMessage);
  channel.pass(3 * second);
  expect(channel.calls).toEqual(['POST', 'PATCH 101', 'POST']);
  expect(channel.texts()[1]).toContain('Ended: the outage of a');
  expect(channel.stage.outbox()).toEqual([]);
  expect([...channel.stage.rows.keys()].filter((key) => key.startsWith('meta/sent/'))).toHaveLength(1);
});

it('a change that fails for another reason is tried again as that', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.open(outage);
  channel.pass(20 * second);
  channel.stage.close(outage);
  channel.pass(20 * second, busy);
  channel.pass(20 * second);
  expect(channel.calls).toEqual(['POST', 'PATCH 101', 'PATCH 101']);
});

it('survives a restart between the message and its change', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.open(outage);
  channel.pass(20 * second);
  channel.stage.restart();
  channel.pass(minute);
  channel.stage.close(outage);
  channel.pass(20 * second);
  channel.stage.restart();
  expect(channel.calls).toEqual(['POST', 'PATCH 101']);
});

it('an end before the message was sent goes out as a new one', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.open(outage);
  channel.stage.close(outage);
  channel.pass(20 * second);
  expect(channel.calls).toEqual(['POST']);
});

it('the newest twenty messages can be changed', () => {
  const channel = new Channel();
  channel.pass(minute);
  for (let at = 0; at < 25; at += 1) {
    channel.stage.open(finding('outage', `m${at}`));
    channel.pass(20 * second);
  }
  expect([...channel.stage.rows.keys()].filter((key) => key.startsWith('meta/sent/'))).toHaveLength(20);
  channel.stage.close(finding('outage', 'm3'));
  channel.stage.close(finding('outage', 'm20'));
  channel.pass(20 * second);
  channel.pass(20 * second);
  expect(channel.calls.slice(25).toSorted()).toEqual(['PATCH 121', 'POST']);
});

it('what is more than a message holds is a message of its own', () => {
  const channel = new Channel();
  channel.pass(minute);
  channel.stage.advise('proposed', leave);
  channel.pass(20 * second);
  for (const kind of ['spike', 'unreliable', 'throughput', 'refusal', 'lag', 'certificate', 'level_shift'] as const)
    channel.stage.open(finding(kind, 'a', { text: 'x'.repeat(3_000) }));
  channel.pass(20 * second);
  for (let left = 0; left < 5; left += 1) channel.pass(20 * second);
  expect(channel.stage.outbox()).toEqual([]);
  expect(channel.texts().join('\n')).toContain('a has a certificate problem');
});

it('other chats send each end as a message of its own', () => {
  const stage = new Stage([chat('c', 'slack'), receiver('ops')]);
  stage.pass(minute);
  stage.open(outage);
  stage.pass(20 * second);
  for (const { notice } of stage.send()) stage.end(notice, delivered);
  stage.close(outage);
  stage.pass(20 * second);
  expect(stage.send().map(({ message }) => message.method)).toEqual([undefined, undefined]);
});
