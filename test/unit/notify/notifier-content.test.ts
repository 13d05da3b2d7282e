import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import { webhookSchemas } from '../../../tools/webhook-schemas.ts';
import { advice, delivered, finding, receiver, Stage } from './stage.ts';

const outage = finding('outage', 'a');

describe('the content of notices', () => {
  it('an opening once, its end with what it resolves, with seq by subject', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(outage);
    expect(stage.all(delivered)).toEqual(['ops mirror.outage 1 msg-1']);
    stage.change({ ...outage, confidence: 'high' });
    expect(stage.all(delivered)).toEqual([]);
    stage.close(outage);
    const [sent] = stage.send();
    expect(JSON.parse(sent?.notice.body ?? '')).toMatchObject({
      type: 'mirror.recovery',
      timestamp: '2026-03-01T00:00:00.000Z',
      data: {
        seq: 2,
        subject: 'outage/a',
        vantage: 'test',
        resolves: 'msg-1',
        finding: { id: 'outage-a', state: 'closed' },
      },
    });
    if (sent) stage.end(sent.notice, delivered);
    expect(stage.outcomes).toEqual(['ops delivered', 'ops delivered']);
    expect([...stage.rows.keys()]).toEqual(['meta/seq/outage/a', 'meta/story/outage/a']);
  });

  it('an outage of some targets waits for 3 s, so that a mirror that is down is reported as down', () => {
    const stage = new Stage([receiver('ops')]);
    const part = { ...outage, actionable: false, text: 'a fails for 1 of its targets' };
    stage.open(part);
    expect(stage.all(delivered)).toEqual([]);
    stage.pass(1_000);
    stage.change({ ...outage, text: 'a is down' });
    const [sent] = stage.send();
    expect(JSON.parse(sent?.notice.body ?? '')).toMatchObject({ data: { finding: { text: 'a is down' } } });
    if (sent) stage.end(sent.notice, delivered);

    const other = { ...part, id: 'outage-b', registry: 'b' };
    stage.open(other);
    stage.pass(2_000);
    stage.change({ ...other, text: 'b fails for 2 of its targets' });
    expect(stage.all(delivered)).toEqual([]);
    stage.pass(1_000);
    expect(stage.all(delivered)).toEqual(['ops mirror.outage 2 msg-4']);
  });

  it('an outage of some targets that ends within these 3 s is not reported, and its end is not either', () => {
    const stage = new Stage([receiver('ops')]);
    const part = { ...outage, actionable: false };
    stage.open(part);
    stage.pass(2_000);
    stage.close(part);
    stage.pass(10_000);
    expect(stage.all(delivered)).toEqual([]);
    expect(stage.outbox()).toEqual([]);
    // Nobody was sent anything, so the next outage is the first one of its story, and its end is sent at once.
    stage.open({ ...outage, id: 'outage-2' });
    const [sent] = stage.send();
    expect(JSON.parse(sent?.notice.body ?? '').data.story).toMatchObject({ times: 1, endsAfterSeconds: 0 });
    if (sent) stage.end(sent.notice, delivered);
    stage.close({ ...outage, id: 'outage-2' });
    expect(stage.all(delivered)).toEqual(['ops mirror.recovery 4 msg-3']);
  });

  describe('a refusal because no other mirror is measured', () => {
    const refused = advice('r', { state: 'refused', to: 'a', refusal: 'nothing_measured' });
    const states = (stage: Stage): readonly string[] =>
      stage.send().map(({ notice }) => {
        stage.end(notice, delivered);
        return `${JSON.parse(notice.body).data.advice.state}`;
      });

    it('waits for 10 s, and is not sent if a switch is advised by then', () => {
      const stage = new Stage([receiver('ops')]);
      stage.advise('refused', refused);
      expect(states(stage)).toEqual([]);
      stage.pass(80);
      stage.advise('proposed', advice('p'));
      expect(states(stage)).toEqual(['proposed']);
    });

    it('is not sent, and its end is not either, if it ends by then', () => {
      const stage = new Stage([receiver('ops')]);
      stage.advise('refused', refused);
      stage.pass(9_000);
      stage.advise('withdrawn', { ...refused, state: 'withdrawn' });
      stage.pass(10_000);
      expect(states(stage)).toEqual([]);
      expect(stage.outbox()).toEqual([]);
    });

    it('is sent after 10 s, also after a restart, and then its end is sent too', () => {
      const stage = new Stage([receiver('ops')]);
      stage.advise('refused', refused);
      stage.pass(9_999);
      stage.restart();
      expect(states(stage)).toEqual([]);
      stage.pass(1);
      expect(states(stage)).toEqual(['refused']);
      stage.advise('withdrawn', { ...refused, state: 'withdrawn' });
      expect(states(stage)).toEqual(['withdrawn']);
    });

    describe('that ends within these 10 s, after advice that ended with its beginning', () => {
      const proposed = advice('p');
      const ended = (one: Advice, as: 'withdrawn' | 'superseded') => ({ ...one, state: as }) as const;
      const takePlace = (stage: Stage, of: Advice, by: Advice): void => {
        const changes = [
          { change: 'superseded', advice: ended(of, 'superseded') },
          { change: 'refused', advice: by },
        ] as const;
        stage.take(stage.notifier.compose({ findings: [], advice: changes }, stage.at));
      };
      const other = { ...refused, id: 'other', cause: 'slower' } as const;

      it.each([
        ['a proposal that was sent: its end is sent', [proposed], [['proposed'], ['withdrawn']]],
        ['a refusal that was sent: its end is sent', [refused], [['refused'], ['withdrawn']]],
        [
          'a refusal for another reason: its end is sent',
          [{ ...refused, refusal: 'no_candidate' }],
          [['refused'], ['withdrawn']],
        ],
      ] as const)('%s', (_, [before], [first, last]) => {
        const stage = new Stage([receiver('ops')]);
        stage.advise(before.state === 'refused' ? 'refused' : 'proposed', before);
        stage.pass(10_000);
        expect(states(stage)).toEqual(first);
        takePlace(stage, before, other);
        stage.pass(5_000);
        stage.restart();
        expect(states(stage)).toEqual([]);
        stage.advise('withdrawn', ended(other, 'withdrawn'));
        expect(states(stage)).toEqual(last);
        expect(stage.outbox()).toEqual([]);
      });

      it('the refusal of another one in its place keeps this', () => {
        const stage = new Stage([receiver('ops')]);
        stage.advise('proposed', proposed);
        expect(states(stage)).toEqual(['proposed']);
        takePlace(stage, proposed, refused);
        stage.pass(5_000);
        takePlace(stage, refused, other);
        stage.advise('withdrawn', ended(other, 'withdrawn'));
        expect(states(stage)).toEqual(['withdrawn']);
      });

      it.each([
        ['a refusal that still waited', refused],
        ['a refusal because the network of this host is suspect', { ...refused, refusal: 'vantage_suspect' }],
      ] as const)('%s: neither was sent, so no end is', (_, before) => {
        const stage = new Stage([receiver('ops')]);
        stage.advise('refused', before);
        takePlace(stage, before, other);
        stage.pass(9_000);
        stage.advise('withdrawn', ended(other, 'withdrawn'));
        stage.pass(10_000);
        expect(states(stage)).toEqual([]);
        expect(stage.outbox()).toEqual([]);
      });
    });

    it('does not wait for another reason', () => {
      const stage = new Stage([receiver('ops')]);
      stage.advise('refused', { ...refused, refusal: 'no_candidate' });
      expect(states(stage)).toEqual(['refused']);
    });
  });

  it.each([
    ['an opening', { on: ['outage'] }, ['ops mirror.outage 1 msg-1']],
    ['nothing that was not asked for', { on: ['spike', 'advice'] }, []],
  ] as const)('filters: %s', (_name, more, want) => {
    const stage = new Stage([receiver('ops', more)]);
    stage.open(outage);
    expect(stage.due()).toEqual(want);
  });

  it('a recovery resolves nothing if this receiver got no message about the opening', () => {
    const stage = new Stage([receiver('ops', { on: ['recovery'] }), receiver('all')]);
    stage.open(outage);
    stage.all(delivered);
    stage.close(outage);
    const resolves = stage.send().map(({ notice }) => [notice.receiver, JSON.parse(notice.body).data.resolves]);
    expect(resolves).toEqual([
      ['ops', null],
      ['all', 'msg-1'],
    ]);
  });

  it.each([
    [
      'a mismatch ends by acknowledgement, which is no recovery',
      finding('mismatch', 'a', { cause: 'mismatch' }),
      ['ops mirror.mismatch 2 msg-2'],
    ],
    ['an outage does not', outage, []],
    ['an outage that closed with it does', { ...outage, closedAtMs: 1 }, ['ops mirror.outage 2 msg-2']],
  ])('%s', (_name, one, want) => {
    const stage = new Stage([receiver('ops')]);
    stage.open(one);
    stage.all(delivered);
    const acknowledged = {
      change: 'acknowledged',
      finding: { ...one, state: want.length > 0 ? 'acknowledged' : 'open' },
    } as const;
    stage.take(stage.notifier.compose({ findings: [acknowledged], advice: [] }, stage.at));
    expect(stage.all(delivered)).toEqual(want);
    stage.take(stage.notifier.compose({ findings: [acknowledged], advice: [] }, stage.at));
    expect(stage.all(delivered)).toEqual([]);
  });

  it('an acknowledgement says so, refers to the start, and has nothing left to do', () => {
    const stage = new Stage([receiver('ops'), receiver('ends', { on: ['recovery'] })]);
    const one = finding('mismatch', 'a', { cause: 'mismatch' });
    stage.open(one);
    stage.all(delivered);
    const acknowledged = { atMs: 1, reason: 'rebuilt upstream' };
    const ended = { ...one, state: 'acknowledged', acknowledged, closedAtMs: 1 } as const;
    stage.take(
      stage.notifier.compose({ findings: [{ change: 'acknowledged', finding: ended }], advice: [] }, stage.at),
    );
    const sent = stage.send().map(({ notice }) => [notice.receiver, JSON.parse(notice.body)]);
    expect(sent).toMatchObject([
      [
        'ops',
        {
          type: 'mirror.mismatch',
          data: { finding: { state: 'acknowledged', acknowledgedReason: 'rebuilt upstream' }, resolves: 'msg-1' },
        },
      ],
    ]);
    expect(sent[0]?.[1].data).not.toHaveProperty('acknowledge');
  });

  it('a finding says what it is, which lines to set, where to look, and how to end it', () => {
    const stage = new Stage([receiver('ops')]);
    const env = 'GOPROXY=https://b.example.com';
    stage.advise('proposed', advice('a1', { remedy: { env } }));
    stage.open(outage);
    stage.open(finding('mismatch', 'c', { cause: 'mismatch' }));
    const data = stage.send().map(({ notice }) => JSON.parse(notice.body).data);
    const at = 'http://127.0.0.1:10120';
    expect(data.find(({ subject }) => subject === 'outage/a')).toMatchObject({
      summary: 'a has an outage',
      remedy: { env },
      page: `${at}/mirrors/a`,
    });
    expect(data.find(({ subject }) => subject === 'mismatch/c')).toMatchObject({
      summary: 'c serves wrong bytes',
      page: `${at}/mirrors/c`,
      acknowledge: `mirrorwatch ack mismatch-c --reason '…' --url ${at}`,
    });
    expect(data.find(({ subject }) => subject.startsWith('advice/'))).toMatchObject({ page: `${at}/` });
  });

  it('findings about us have the vantage as subject', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(finding('vantage', null));
    expect(stage.send()[0]?.notice.subject).toBe('vantage/test');
  });

  it('two stories about us do not replace each other’s news', () => {
    const stage = new Stage([receiver('ops')]);
    stage.open(finding('self', null, { id: 'busy', cause: 'contaminated' }));
    stage.open(finding('self', null, { id: 'odd', cause: 'client_differs' }));
    expect(stage.send().map(({ notice }) => notice.subject)).toEqual(['self/test', 'self/test/client_differs']);
  });

  it.each(['withdrawn', 'dismissed'] as const)('advice that was %s: one message, that it is', (state) => {
    const stage = new Stage([receiver('ops')]);
    stage.advise(state, advice('x', { state }));
    const sent = stage.send().map(({ notice }) => JSON.parse(notice.body) as { data: { advice: { state: string } } });
    expect(sent.map(({ data }) => data.advice.state)).toEqual([state]);
    expect(webhookSchemas['mirror.advice'].safeParse(sent[0]).error).toBeUndefined();
  });

  it('of several changes of advice in one turn the last alone', () => {
    const stage = new Stage([receiver('ops')]);
    const changes = [
      { change: 'superseded', advice: advice('x', { state: 'superseded' }) },
      { change: 'proposed', advice: advice('y') },
    ] as const;
    stage.take(stage.notifier.compose({ findings: [], advice: changes }, stage.at));
    const bodies = stage.send().map(({ notice }) => JSON.parse(notice.body).data);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]).toMatchObject({ seq: 1, subject: 'advice/go/go', advice: { id: 'y', state: 'proposed' } });
    expect(stage.outcomes).toEqual([]);
  });

  it('a regret is no message, also beside others', () => {
    const stage = new Stage([receiver('ops')]);
    const accepted = advice('x', { state: 'accepted' });
    const regretted = { change: 'regretted', advice: accepted } as const;
    stage.take(stage.notifier.compose({ findings: [], advice: [regretted] }, stage.at));
    expect(stage.send()).toEqual([]);
    const superseded = { change: 'superseded', advice: advice('x', { state: 'superseded' }) } as const;
    stage.take(stage.notifier.compose({ findings: [], advice: [regretted, superseded, regretted] }, stage.at));
    const bodies = stage.send().map(({ notice }) => JSON.parse(notice.body).data);
    expect(bodies.map((body) => body.advice.state)).toEqual(['superseded']);
  });

  it.each([
    ['vantage_suspect', 0],
    ['shared_fate', 1],
    ['nothing_measured', 1],
    ['no_candidate', 1],
  ] as const)('refused with %s: %i messages', (refusal, count) => {
    const stage = new Stage([receiver('ops')]);
    const refused = { change: 'refused', advice: advice('x', { state: 'refused', refusal }) } as const;
    stage.take(stage.notifier.compose({ findings: [], advice: [refused] }, stage.at));
    stage.pass(10_000);
    expect(stage.send()).toHaveLength(count);
  });
});
