import { describe, expect, it } from 'vitest';
import type { Advice } from '../../../src/core/advice.ts';
import type { Finding } from '../../../src/core/finding.ts';
import type { Standing } from '../../../src/core/standing.ts';
import { webhookSchemas } from '../../../tools/webhook-schemas.ts';
import { advice, delivered, finding, receiver, Stage } from './stage.ts';

const minute = 60_000;

/** One life of a fault, a message a line: minutes since the start, type, state, where to. */
class Course {
  readonly stage: Stage;
  readonly lines: string[] = [];
  readonly bodies: { readonly type: string; readonly data: Record<string, unknown> }[] = [];
  #minutes = 0;
  #episode = 0;

  constructor(format: 'standard' | 'alertmanager' = 'standard') {
    this.stage = new Stage([receiver('ops', format === 'standard' ? {} : { format, secrets: [] })]);
  }

  pass(minutes: number): void {
    for (let left = minutes; left > 0; left -= 1) {
      this.stage.pass(minute);
      this.#minutes += 1;
      this.stage.idle();
      this.#deliver();
    }
  }

  leave(to: string, more: Partial<Advice> = {}): Advice {
    this.#episode += 1;
    const chain = { before: 'a', after: `${to},a` };
    const one = advice(`advice-${this.#episode}`, { issuedAtMs: this.stage.at.wallMs, to, chain, ...more });
    this.stage.advise('proposed', one);
    this.#deliver();
    return one;
  }

  goBack(one: Advice): void {
    this.stage.advise('withdrawn', { ...one, state: 'withdrawn' });
    this.#deliver();
  }

  #deliver(): void {
    for (const { notice } of this.stage.send()) {
      this.stage.end(notice, delivered);
      const body = JSON.parse(notice.body);
      this.bodies.push(body);
      const { advice: told, finding: found } = body.data ?? {};
      const what = told === undefined ? (found?.registry ?? '') : `${told.state} ${told.to}`;
      this.lines.push(`${this.#minutes} ${notice.type} ${what}`);
    }
  }

  open(kind: 'outage' | 'spike', registry: string, more: Partial<Finding> = {}): void {
    this.#episode += 1;
    const openedAtMs = this.stage.at.wallMs;
    this.stage.open(finding(kind, registry, { id: `${kind}-${this.#episode}`, openedAtMs, ...more }));
    this.#deliver();
  }

  close(kind: 'outage' | 'spike', registry: string, episode = this.#episode): void {
    this.stage.close(finding(kind, registry, { id: `${kind}-${episode}` }));
    this.#deliver();
  }

  /** Leaves for `b` and goes back again, so many times. */
  repeat(times: number, minutesAway: number, minutesBack: number): void {
    for (let time = 0; time < times; time += 1) {
      const left = this.leave('b');
      this.pass(minutesAway);
      this.goBack(left);
      this.pass(minutesBack);
    }
  }
}

describe('a fault that comes and goes', () => {
  it('two beginnings and two ends are sent, however often it recurs', () => {
    const course = new Course();
    course.repeat(10, 20, 25);
    course.pass(3 * 60);
    expect(course.lines).toEqual([
      '0 mirror.advice proposed b',
      '20 mirror.advice withdrawn b',
      '45 mirror.advice proposed b',
      '485 mirror.advice withdrawn b',
    ]);
    expect(course.bodies.map(({ data }) => data['story'])).toMatchObject([
      { id: 'advice-1', times: 1, endsAfterSeconds: 0 },
      { id: 'advice-1', times: 1, endsAfterSeconds: 0 },
      { id: 'advice-1', times: 2, endsAfterSeconds: 3600 },
      { id: 'advice-1', times: 10, endsAfterSeconds: 3600 },
    ]);
    for (const body of course.bodies) expect(webhookSchemas['mirror.advice'].safeParse(body).error).toBeUndefined();
  });

  it.each<[string, readonly string[]]>([
    ['comes and goes', ['b']],
    ['names another mirror of two that are as good', ['b', 'c']],
    ['names another mirror of three that are as good', ['b', 'c', 'd']],
  ])('advice that each minute %s: hours of it are a few messages', (_, mirrors) => {
    const course = new Course();
    const candidates = mirrors.map((registry) => ({
      registry,
      scoreSeconds: 0.4,
      gate: 'ok' as const,
      sum: null,
      bound: null,
    }));
    for (let time = 0; time < 60; time += 1) {
      const left = course.leave(mirrors[time % mirrors.length] ?? '', { candidates });
      course.pass(1);
      course.goBack(left);
      course.pass(1);
    }
    course.pass(3 * 60);
    expect(course.lines.length, course.lines.slice(0, 20).join('\n')).toBeLessThanOrEqual(4);
  });

  it('another fault is not counted as the same one again, and its end waits nevertheless', () => {
    const course = new Course();
    for (const cause of ['spike', 'outage', 'outage'] as const) {
      const left = course.leave('b', { cause });
      course.pass(10);
      course.goBack(left);
      course.pass(90);
    }
    const stories = course.bodies.map(
      ({ data }) => data['story'] as { readonly since: string; readonly times: number },
    );
    expect(stories.map(({ times }) => times)).toEqual([1, 1, 1, 1, 2]);
    expect(stories[2]).toMatchObject({ id: 'advice-1', endsAfterSeconds: 3600 });
    expect(new Set(stories.slice(2).map(({ since }) => since))).toEqual(new Set(['2026-03-01T01:40:00.000Z']));
  });

  it.each<[string, Partial<Finding>]>([
    ['cause', { cause: 'wrong_content' }],
    ['target', { scope: [{ module: 'example.com/other', version: 'v1.0.0', step: 'mod' }] }],
  ])('a finding with another %s is another fault', (_, more) => {
    const course = new Course();
    for (const one of [{}, more, more]) {
      course.open('outage', 'a', one);
      course.pass(5);
      course.close('outage', 'a');
      course.pass(65);
    }
    expect(course.bodies.map(({ data }) => data['story'])).toMatchObject([1, 1, 1, 1, 2].map((times) => ({ times })));
  });

  it('that recurs after its end was sent waits twice as long for the next end', () => {
    const course = new Course();
    course.repeat(3, 10, 90);
    course.pass(60);
    expect(course.lines.map((line) => line.replace('mirror.advice ', ''))).toEqual([
      '0 proposed b',
      '10 withdrawn b',
      '100 proposed b',
      '170 withdrawn b',
      '200 proposed b',
      '330 withdrawn b',
    ]);
  });

  it('is another story three hours after its end', () => {
    const course = new Course();
    course.repeat(3, 10, 181);
    expect(course.lines).toHaveLength(6);
    expect(course.bodies.at(-1)?.data['story']).toMatchObject({ id: 'advice-3', times: 1 });
    expect([...course.stage.rows.keys()].filter((key) => key.startsWith('meta/story/'))).toEqual([]);
  });

  it('findings are grouped in the same way, and a recovery resolves the message about the opening', () => {
    const course = new Course();
    for (let time = 0; time < 5; time += 1) {
      course.open('outage', 'a');
      course.pass(5);
      course.close('outage', 'a');
      course.pass(5);
    }
    course.pass(60);
    expect(course.lines).toEqual([
      '0 mirror.outage a',
      '5 mirror.recovery a',
      '10 mirror.outage a',
      '105 mirror.recovery a',
    ]);
    expect(course.bodies.at(-1)?.data).toMatchObject({ resolves: 'msg-3', updates: 'msg-3' });
  });

  it('an Alertmanager follows every change', () => {
    const course = new Course('alertmanager');
    for (let time = 0; time < 4; time += 1) {
      course.open('outage', 'a');
      course.close('outage', 'a');
    }
    expect(course.lines.filter((line) => line.includes('recovery'))).toHaveLength(4);
  });

  it('survives a restart: a held end is sent once, after its time', () => {
    const course = new Course();
    course.repeat(2, 10, 10);
    course.stage.restart();
    course.pass(49);
    expect(course.lines).toHaveLength(3);
    course.stage.restart();
    course.pass(1);
    course.stage.restart();
    course.pass(120);
    expect(course.lines.at(-1)).toBe('90 mirror.advice withdrawn b');
    expect(course.lines).toHaveLength(4);
  });
});

describe('clients that follow the advice without an accept', () => {
  /** Told to use b for the second time; a is well again, and nobody was told. */
  function onB(): Course {
    const course = new Course();
    course.repeat(2, 10, 10);
    course.lines.length = 0;
    return course;
  }

  it('the failback is sent at once if the mirror in use gets into trouble', () => {
    const course = onB();
    course.open('outage', 'b');
    expect(course.lines).toEqual(['40 mirror.outage b', '40 mirror.advice withdrawn b']);
  });

  it('the failback is sent at once if the mirror in use was already in trouble when the advice ended', () => {
    const course = onB();
    const left = course.leave('b');
    course.pass(5);
    course.open('outage', 'b');
    course.pass(5);
    course.goBack(left);
    expect(course.lines).toEqual(['45 mirror.outage b', '50 mirror.advice withdrawn b']);
  });

  it.each<[string, (course: Course) => void]>([
    ['older than the advice', (course) => course.open('spike', 'b')],
    ['about another mirror', (course) => course.open('outage', 'c')],
    [
      'that has ended',
      (course) => {
        course.open('outage', 'b');
        course.close('outage', 'b');
      },
    ],
  ])('the failback waits if the only finding is one %s', (what, give) => {
    const course = new Course();
    const isOlder = what.startsWith('older');
    if (isOlder) give(course);
    course.pass(1);
    for (let time = 0; time < 2; time += 1) {
      const left = course.leave('b');
      if (!isOlder && time === 1) give(course);
      course.pass(10);
      course.goBack(left);
      course.pass(10);
    }
    course.lines.length = 0;
    course.pass(49);
    expect(course.lines).toEqual([]);
    course.pass(1);
    expect(course.lines).toEqual(['91 mirror.advice withdrawn b']);
  });

  describe('to a mirror whose earlier outage is still open, because outages repeat', () => {
    const standing = (of: Partial<Standing>): Standing => ({
      ...{ ecosystem: 'go', upstream: 'go', registry: 'b', state: 'down', why: { key: 'why.canaryOut', values: {} } },
      ...{ inDoubt: false, paused: null, inMaintenance: false, lastOkAtMs: null, lastJudgedAtMs: null },
      ...{ throttledUntilMs: null, certificate: null, findings: [] },
      ...of,
    });
    function onceMoreOnB(): Course {
      const course = new Course();
      course.open('outage', 'b');
      for (let time = 0; time < 2; time += 1) {
        const left = course.leave('b');
        course.pass(10);
        course.goBack(left);
        course.stage.see([standing({ isBack: true })]);
        course.pass(10);
      }
      course.lines.length = 0;
      return course;
    }

    it('the failback is sent at once if that mirror is down again', () => {
      const course = onceMoreOnB();
      course.stage.see([standing({ isBack: true })]);
      course.pass(1);
      expect(course.lines).toEqual([]);
      course.stage.see([standing({})]);
      course.pass(1);
      expect(course.lines).toEqual(['42 mirror.advice withdrawn b']);
    });

    it.each<[string, Partial<Standing>]>([
      ['another mirror is down', { registry: 'c' }],
      ['it only has some trouble', { state: 'degraded' }],
    ])('the failback waits if %s', (_, of) => {
      const course = onceMoreOnB();
      course.stage.see([standing(of)]);
      course.pass(29);
      expect(course.lines).toEqual([]);
    });
  });

  it('get the text of the advice that they follow, not of one that was never sent', () => {
    const course = onB();
    course.goBack(course.leave('c', { candidates: candidates(1) }));
    course.pass(120);
    expect(course.lines).toEqual(['100 mirror.advice withdrawn b']);
    expect(course.bodies.at(-1)?.data['advice']).toMatchObject({ id: 'advice-2', to: 'b', chain: { after: 'b,a' } });
  });

  it('get the advice that they follow as a whole, if a refusal took its place', () => {
    const course = onB();
    const stand = course.bodies.at(-1)?.data['advice'] as Record<string, unknown>;
    const none = { from: 'a', to: 'a', chain: { before: 'a', after: 'a' }, remedy: {}, candidates: [] } as const;
    const refusal = advice('refusal', { ...none, state: 'refused', refusal: 'no_candidate', cause: 'slower' });
    course.leave('b');
    course.stage.advise('refused', refusal);
    course.pass(1);
    course.stage.advise('withdrawn', { ...refusal, state: 'withdrawn', settledAtMs: 60_000, reason: 'a works.' });
    course.pass(120);
    const end = { state: 'withdrawn', settledAt: '1970-01-01T00:01:00.000Z', reason: 'a works.' };
    expect(course.lines).toEqual(['41 mirror.advice refused a', '101 mirror.advice withdrawn b']);
    expect(course.bodies.at(-1)?.data['advice']).toEqual({ ...stand, ...end });
  });

  it('get the end of a refusal as such, if they accepted the advice before it', () => {
    const course = onB();
    const left = course.leave('c', { candidates: candidates(2) });
    course.stage.advise('accepted', { ...left, state: 'accepted' });
    const refusal = advice('refusal', { from: 'c', to: 'c', state: 'refused', refusal: 'no_candidate' });
    course.stage.advise('refused', refusal);
    course.pass(1);
    course.stage.advise('withdrawn', { ...refusal, state: 'withdrawn' });
    course.pass(300);
    expect(course.bodies.at(-1)?.data['advice']).toMatchObject({ id: 'refusal', state: 'withdrawn', from: 'c' });
  });

  const candidates = (scoreOfB: number, gate: 'ok' | 'unreliable' = 'ok'): Advice['candidates'] =>
    (
      [
        ['c', 1, 'ok'],
        ['b', scoreOfB, gate],
      ] as const
    ).map(([registry, scoreSeconds, of]) => ({
      registry,
      scoreSeconds,
      gate: of,
      sum: null,
      bound: null,
    }));

  it('stay on b while c is hardly better, and get the advice for c once b is in trouble', () => {
    const course = onB();
    course.leave('c', { candidates: candidates(1.2) });
    course.pass(120);
    expect(course.lines).toEqual([]);
    course.open('spike', 'b');
    expect(course.lines).toEqual(['160 mirror.spike b', '160 mirror.advice proposed c']);
  });

  it.each([
    ['dearer', candidates(1.3)],
    ['unreliable', candidates(1, 'unreliable')],
  ])('is told to leave b as well where it is %s', (_what, these) => {
    const course = onB();
    course.leave('c', { candidates: these });
    expect(course.lines).toEqual(['40 mirror.advice proposed c']);
  });

  it('the recovery of the mirror is sent together with the failback', () => {
    const course = new Course();
    for (let time = 0; time < 2; time += 1) {
      course.open('outage', 'a');
      const left = course.leave('b');
      course.pass(10);
      course.goBack(left);
      course.close('outage', 'a', time * 2 + 1);
      course.pass(10);
    }
    course.lines.length = 0;
    course.pass(60);
    expect(course.lines).toEqual(['90 mirror.recovery a', '90 mirror.advice withdrawn b']);
  });
});

it('a reminder of accepted advice does not swallow the way back that is held', () => {
  const course = new Course();
  for (let time = 0; time < 2; time += 1) {
    const left = course.leave('b');
    const accepted: Advice = { ...left, state: 'accepted' };
    course.stage.advise('accepted', accepted);
    course.pass(10);
    course.leave('a', { from: 'b', cause: 'failback' });
    course.stage.advise('reminded', accepted);
    course.pass(10);
  }
  course.lines.length = 0;
  course.pass(60);
  expect(course.lines).toEqual(['90 mirror.advice proposed a']);
});

describe('an event that needs no new action names the message that it adds to', () => {
  it('a finding about a mirror that advice says to leave, and its end', () => {
    const course = new Course();
    course.leave('b');
    course.pass(1);
    course.open('spike', 'a');
    course.pass(5);
    course.close('spike', 'a');
    expect(course.bodies.map(({ data }) => data['updates'])).toEqual([undefined, 'msg-1', 'msg-2']);
  });

  it('never the way back, nor a finding about another mirror', () => {
    const course = new Course();
    const left = course.leave('b');
    course.open('outage', 'c');
    course.goBack(left);
    expect(course.bodies.map(({ data }) => data['updates'])).toEqual([undefined, undefined, undefined]);
  });
});
