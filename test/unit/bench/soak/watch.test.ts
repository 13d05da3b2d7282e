import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAccounts } from '../../../../bench/soak/watch/accounts.ts';
import { createCounters } from '../../../../bench/soak/watch/counters.ts';
import { type Page, readPage } from '../../../../bench/soak/watch/exposition.ts';
import { createGrowth } from '../../../../bench/soak/watch/growth.ts';
import { createHistory } from '../../../../bench/soak/watch/history.ts';
import { createNotices, lostOf } from '../../../../bench/soak/watch/notices.ts';
import { createVantageWatch } from '../../../../bench/soak/watch/vantage.ts';
import { troubleIn } from '../../../../bench/soak/watch/words.ts';
import type { ReceivedPost, ReceiverBehaviour } from '../../../support/webhook-receiver.ts';

// Each invariant of the soak: what is right passes, and what is wrong is seen.

const good = `# HELP a_total Things.
# TYPE a_total counter
a_total{x="1"} 3
a_total{x="q\\"\\\\\\n"} 0
# HELP b Seconds.
# TYPE b histogram
b_bucket{le="0.1",x="1"} 1
b_bucket{le="+Inf",x="1"} 2
b_sum{x="1"} 0.5
b_count{x="1"} 2
# HELP c Now.
# TYPE c gauge
c -1.5e-3
`;
const page = (text: string): Page => readPage(text, false);

describe('a page of /metrics', () => {
  it('is read whole', () => {
    const { types, series } = page(good);
    expect([...types]).toEqual([
      ['a_total', 'counter'],
      ['b', 'histogram'],
      ['c', 'gauge'],
    ]);
    expect([series.size, series.get('a_total{x="1"}'), series.get('c')]).toEqual([7, 3, -0.0015]);
  });

  it('in OpenMetrics too, with exemplars', () => {
    const open =
      '# HELP a Things.\n# TYPE a counter\na_total 1\n# TYPE b histogram\nb_bucket{le="+Inf"} 1 # {id="x"} 0.5 1.5\nb_count 1\nb_sum 0.5\n# EOF\n';
    expect(readPage(open, true).series.get('b_bucket{le="+Inf"}')).toBe(1);
    expect(() => readPage(open, false)).toThrow('an end mark');
  });

  it.each([
    ['no end mark', good, true, 'no end mark'],
    ['half a line', good.replace('c -1.5e-3\n', 'c -1.5e\n'), false, 'not a sample'],
    ['an open label', good.replace('a_total{x="1"}', 'a_total{x="1}'), false, 'not a sample'],
    ['a series twice', good.replace('c -1.5e-3\n', 'c 1\nc 1\n'), false, 'series twice'],
    ['a family twice', `${good}# HELP a_total Things.\n`, false, 'family twice'],
    ['a sample of another family', good.replace('c -1.5e-3', 'd 1'), false, 'outside its family c'],
    ['no type', good.replace('# TYPE c gauge\n', ''), false, 'outside its family c'],
    ['a counter below zero', good.replace('a_total{x="1"} 3', 'a_total{x="1"} -3'), false, 'a counter of -3'],
    ['a falling bucket', good.replace('le="0.1",x="1"} 1', 'le="0.1",x="1"} 5'), false, 'a bucket below'],
    ['a count that differs', good.replace('b_count{x="1"} 2', 'b_count{x="1"} 3'), false, 'a count of 3'],
    ['no count', good.replace('b_count{x="1"} 2\n', ''), false, 'a count of undefined'],
    ['an exemplar', good.replace('c -1.5e-3', 'c -1.5e-3 # {x="1"} 1'), false, 'exemplar out of place'],
  ])('with %s is refused', (_, text, isOpenMetrics, words) =>
    expect(() => readPage(text, isOpenMetrics)).toThrow(words),
  );
});

describe('counters', () => {
  const of = (value: number, gauge = 1) =>
    page(`# TYPE a_total counter\na_total ${value}\n# TYPE c gauge\nc ${gauge}\n`);
  it('may rise, stand, and begin anew with a process or after they were gone; a gauge may do anything', () => {
    const counters = createCounters();
    const none = page('# TYPE c gauge\nc 1\n');
    const said = [of(1), of(5), of(5, 0)].map((one) => counters.take(1, one));
    expect([...said, counters.take(2, of(0)), counters.take(2, none), counters.take(2, of(0))].flat()).toEqual([]);
  });
  it('never go back', () => {
    const counters = createCounters();
    counters.take(1, of(5));
    expect(counters.take(1, of(4))).toEqual(['a_total went from 5 to 4']);
  });
});

describe('due probes', () => {
  const of = (attempts: number, unknown: number) =>
    page(
      `# TYPE mirror_probe_attempts_total counter\nmirror_probe_attempts_total{ecosystem="go",registry="a",module="m",version="v1",step="mod"} ${attempts}\n# TYPE mirror_probe_unknown_total counter\nmirror_probe_unknown_total{ecosystem="go",registry="a",step="mod",because="paused"} ${unknown}\n`,
    );
  /** A look every second of a target that is due every second; `tell`: attempts and unknown by then. */
  const run = (seconds: number, tell: (second: number) => readonly [number, number]): readonly string[] => {
    const accounts = createAccounts(() => 1_000);
    return Array.from({ length: seconds }, (_, n) => accounts.take(of(...tell(n)), n * 1_000, n * 1_000 + 10)).flat();
  };
  it.each<[string, (second: number) => readonly [number, number]]>([
    ['all judged', (n) => [n, 0]],
    ['some unknown', (n) => [n - Math.floor(n / 3), Math.floor(n / 3)]],
    ['three untold', (n) => [Math.max(0, n - 3), 0]],
  ])('%s are accounted for', (_, tell) => expect(run(120, tell)).toEqual([]));
  it.each<[string, (second: number) => readonly [number, number]]>([
    ['one in ten left out', (n) => [Math.floor(n * 0.9), 0]],
    ['one in ten counted twice', (n) => [n, Math.floor(n / 10)]],
    ['none any more', () => [7, 0]],
  ])('%s are not', (_, tell) => expect(run(120, tell)[0]).toMatch(/^a: \d+ probes told of/));
});

describe('growth', () => {
  const at = (mib: number, descriptors = 50) => ({ rssBytes: mib * 2 ** 20, threads: 20, descriptors, sockets: 20 });
  const run = (mibAt: (look: number) => number): readonly string[] => {
    const growth = createGrowth();
    return Array.from({ length: 900 }, (_, n) => growth.take(1, n * 1_000, at(mibAt(n)))).flat();
  };
  it('may swing', () => expect(run((n) => 200 + 40 * Math.sin(n / 5))).toEqual([]));
  it('may rise while it warms', () => expect(run((n) => Math.min(320, 100 + 2 * n))).toEqual([]));
  it('may not go on', () =>
    expect(run((n) => 150 + n / 4)).toEqual([expect.stringMatching(/^memory rose from \d+ to \d+ MiB/)]));
  it('has a cap', () => {
    const growth = createGrowth();
    expect(growth.take(1, 0, at(200, 5_000))).toEqual(['descriptors: 5000, at most 300']);
    expect(growth.take(1, 0, at(200, 5_000))).toEqual([]);
    expect(growth.most().descriptors).toBe(5_000);
  });
});

describe('words of the log', () => {
  it.each<[string, string | null]>([
    ['', null],
    ['{"level":"warn","time":"x","msg":"finding opened"}', null],
    ['{"level":"error","time":"x","msg":"state cannot be written; watching goes on"}', null],
    ['{"level":"error","time":"x","msg":"defect caught in the loop"}', 'a defect'],
    ['{"level":"error","msg":"unhandled rejection"}', 'a defect'],
    ['(node:7) MaxListenersExceededWarning: possible leak', 'no line of the log'],
    ['/x/mirrorwatch.yaml saw ETIMEDOUT, expected a file', null],
    ['{"level":"info"', 'no line of the log'],
    ['{"level":"info"}', 'a line of the log without words'],
  ])('%s', (line, expected) => expect(troubleIn(line)).toBe(expected));
});

describe('advice', () => {
  const vantage = (suspect: boolean) => ({ type: 'vantage', data: { suspect } });
  const advice = (change: string) => ({ type: 'advice', data: { change, advice: {} } });
  it.each([
    ['before', [advice('proposed'), vantage(true)], 0],
    ['after', [vantage(true), vantage(false), advice('proposed')], 0],
    ['withdrawn while suspect', [vantage(true), advice('withdrawn')], 0],
    ['while suspect', [vantage(true), advice('proposed')], 1],
  ])('%s', (_, events, count) => {
    const watch = createVantageWatch();
    const first = watch.take(1, events);
    expect([...first, ...watch.take(1, events)].length).toBe(count);
  });
  it('a new life starts unsuspected', () => {
    const watch = createVantageWatch();
    watch.take(1, [vantage(true)]);
    expect(watch.take(2, [advice('proposed')])).toEqual([]);
  });
});

const secret = `whsec_${Buffer.from('a secret of this test alone, 32B').toString('base64')}`;
const well: ReceiverBehaviour = { kind: 'status', status: 204 };

function post(
  id: string,
  type: string,
  finding: string,
  seq: number,
  more: { behaviour?: ReceiverBehaviour; atMs?: number; key?: string; data?: object } = {},
): ReceivedPost {
  const { behaviour = well, atMs = seq, key = secret, data = { finding: { id: finding } } } = more;
  const body = JSON.stringify({ type, data: { seq, subject: 'outage/a', ...data } });
  const at = String(Math.floor(Date.now() / 1_000));
  const hmac = createHmac('sha256', Buffer.from(key.slice('whsec_'.length), 'base64'));
  const signature = `v1,${hmac.update(`${id}.${at}.${body}`).digest('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature };
  return { atMs, path: '/', headers, body, behaviour };
}

describe('notices', () => {
  const take = (...posts: readonly ReceivedPost[]) => createNotices('ops', secret).take(posts);
  const opening = (id: string, finding: string, seq: number, more = {}) =>
    post(id, 'mirror.outage', finding, seq, more);
  it('come again under their id, in order', () => {
    const reset = { behaviour: { kind: 'reset' } as const };
    expect(
      take(
        opening('1', 'f', 1, reset),
        opening('1', 'f', 1),
        post('2', 'mirror.recovery', 'f', 2),
        opening('3', 'g', 5),
      ),
    ).toEqual([]);
  });
  it.each<[string, readonly ReceivedPost[], RegExp]>([
    ['under two ids', [opening('1', 'f', 1), opening('2', 'f', 2)], /finding f opening came under two ids/],
    ['with two texts', [opening('1', 'f', 1), opening('1', 'g', 1)], /1 came with two texts/],
    ['out of order', [opening('1', 'f', 2), post('2', 'mirror.recovery', 'f', 1)], /outage\/a 1 \(2\) after 2 \(1\)/],
    [
      'not signed by us',
      [opening('1', 'f', 1, { key: `whsec_${Buffer.from('x'.repeat(32)).toString('base64')}` })],
      /not signed/,
    ],
  ])('%s are seen', (_, posts, words) => expect(take(...posts)).toEqual([expect.stringMatching(words)]));
  it('of two actions, and of two attempts of one, are distinguished', () => {
    const acted = (id: string, seq: number, action: string, attempts: number) =>
      post(id, 'mirror.action', '', seq, { data: { result: 'failed', action: { id: action, attempts, held: null } } });
    expect(take(acted('1', 1, 'a', 1), acted('2', 2, 'b', 1), acted('3', 3, 'a', 2))).toEqual([]);
    expect(take(acted('1', 1, 'a', 1), acted('2', 2, 'a', 1))).toEqual([expect.stringMatching(/came under two ids/)]);
  });
  it('may come anew where the state was lost', () => {
    const notices = createNotices('ops', secret);
    notices.take([opening('1', 'f', 3)]);
    notices.forgetOrder();
    expect(notices.take([opening('1', 'f', 3), opening('2', 'f', 1)])).toEqual([]);
  });
});

describe('what has happened', () => {
  const openedAt = '2026-03-01T00:00:00.000Z';
  const finding = (id: string, state: string, closedAt = '2026-03-01T00:01:00.000Z') => ({
    ...{ id, kind: 'outage', state, registry: 'a', cause: 'refused' },
    ...{ openedAt, closedAt: state === 'closed' ? closedAt : null },
  });
  const told = (...posts: readonly ReceivedPost[]) => {
    const notices = createNotices('ops', secret);
    notices.take(posts);
    return notices.all();
  };
  const opening = post('1', 'mirror.outage', 'f', 1, { atMs: 10 });
  const recovery = post('2', 'mirror.recovery', 'f', 2, { atMs: 20 });
  const refused = post('1', 'mirror.outage', 'f', 1, { atMs: 10, behaviour: { kind: 'status', status: 500 } });
  const later = post('3', 'mirror.outage', 'g', 3, { atMs: 30 });
  const story = { endsAfterSeconds: 3600 };
  const waits = post('3', 'mirror.outage', '', 3, { data: { finding: { id: 'g' }, story }, atMs: 12 });
  const waited = post('4', 'mirror.recovery', '', 4, { data: { finding: { id: 'g' }, story }, atMs: 13 });
  it.each<[string, string, readonly ReceivedPost[], number]>([
    ['an open one that was told', 'open', [opening], 0],
    ['an open one that was refused', 'open', [refused], 1],
    ['an open one with later news in its place', 'open', [later], 1],
    ['an ended one whose end was told', 'closed', [opening, recovery], 0],
    ['an ended one whose end was not', 'closed', [opening], 1],
    ['an ended one with later news in its place', 'closed', [later], 0],
    ['an ended one after word that ends wait', 'closed', [waits], 0],
    ['an open one after word that ends wait', 'open', [waits], 0],
    ['an open one after an end that waited', 'open', [waits, waited], 1],
  ])('%s', (_, state, posts, lost) => {
    const history = createHistory('here');
    history.take([], [], 15);
    expect(history.take([finding('f', state)], [], 25)).toEqual([]);
    expect(lostOf('ops', told(...posts), history.happened()).length).toBe(lost);
  });
  it('is not forgotten, but where the state was lost', () => {
    const history = createHistory('here');
    history.take([finding('f', 'open')], [], 1);
    expect(history.take([], [], 2)).toEqual(['finding f was known and is no more']);
    history.take([finding('g', 'open')], [], 3);
    history.forget();
    expect(history.take([], [], 4)).toEqual([]);
  });
  it('an outage that ended while its notice still waited is no message', () => {
    const history = createHistory('here');
    history.take([finding('f', 'closed', '2026-03-01T00:00:02.000Z')], [], 1);
    expect(history.happened()).toEqual([]);
    history.take([finding('f', 'closed', '2026-03-01T00:00:04.000Z')], [], 2);
    expect(history.happened().map(({ what }) => what)).toEqual(['finding f recovery']);
  });
  it('a refusal because the vantage is suspect is no message, another is', () => {
    const advice = (refusal: string | null, state = 'refused') => ({
      id: 'x',
      state,
      ecosystem: 'go',
      upstream: 'go',
      refusal,
    });
    const history = createHistory('here');
    history.take([], [advice('vantage_suspect')], 1);
    expect(history.happened()).toEqual([]);
    history.take([], [advice('no_candidate')], 2);
    expect(history.happened().map(({ what, subject }) => [what, subject])).toEqual([
      ['advice x refused', 'advice/go/go'],
    ]);
    history.take([], [advice('nothing_measured', 'withdrawn')], 3);
    expect(history.happened()).toEqual([]);
    history.take([], [advice('nothing_measured')], 4);
    expect(history.happened().map(({ what }) => what)).toEqual(['advice x refused']);
  });
});
