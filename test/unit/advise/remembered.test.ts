import { describe, expect, it, test } from 'vitest';
import { Contest } from '../../../src/advise/comparison/contest.ts';
import { recordOf } from '../../../src/advise/comparison/costs.ts';
import { recordTime } from '../../../src/advise/comparison/patience.ts';
import { recordOutcome, recordReply } from '../../../src/advise/comparison/record.ts';
import { type Group, groupsOf, Probing } from '../../../src/advise/group.ts';
import { type ChainRow, openLedger, restoreLedger } from '../../../src/advise/ledger.ts';
import { pruneRemoved } from '../../../src/advise/observe.ts';
import type { Config } from '../../../src/core/config.ts';
import type { Mirror, Target } from '../../../src/core/mirror.ts';
import { minuteTextOf } from '../../../src/core/views.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { good } from './comparison/answers.ts';
import { abc, kill, only, recover, warm } from './outage.ts';
import { rankOf } from './said.ts';
import { mirror, Stage } from './stage.ts';

describe('a settled answer is news to decide on', () => {
  it('where it failed, or confirms; not where all is well at its pace', () => {
    const stage = new Stage('https://a.example.com,direct', [mirror('a'), mirror('b')]);
    expect(stage.sample('a', 200)).toBe(false);
    expect(stage.sample('a', 'refused')).toBe(true);
    expect(stage.sample('a', 200, { round: 'r' })).toBe(true);
    expect(stage.sample('a', 'refused', { step: 'list' })).toBe(false);
  });

  it('never where a person asked by hand: that is no measure', () => {
    const stage = warm();
    for (let i = 0; i < 6; i += 1) {
      stage.pass(2);
      expect(stage.sample('a', 'refused', { purpose: 'once' })).toBe(false);
      for (const name of ['b', 'c']) stage.sample(name, 200, { purpose: 'once' });
      stage.consider();
    }
    expect(stage.story()).toEqual([]);
    expect(rankOf(stage.advisor).map(({ sum }) => sum)).toEqual([null, 0, 0]);
  });
});

describe('what is stored of a group', () => {
  const group = (upstream: string, moves: Group['moves']): Group =>
    ({
      ...{ kind: { id: 'go' }, upstream, declared: null, chain: null, open: null, accepted: null, audit: null },
      ...{ muted: [], lookedBack: [], probing: new Probing(), moves },
    }) as unknown as Group;
  const at = { wallMs: 1_000_000, monotonicMs: 10_000 };

  test('each has a row of its own in one turn', () => {
    const ledger = openLedger(at, { id: () => 'id' });
    for (const one of ['go', 'corp', 'go']) ledger.touch(group(one, { departures: [], lastMs: null, accept: null }));
    expect(ledger.turn().rows.map(({ table, key }) => [table, key])).toEqual([
      ['chain', 'go/go'],
      ['chain', 'go/corp'],
    ]);
  });

  test('moves by the wall clock: the monotonic one begins anew with the next process', () => {
    const ledger = openLedger(at, { id: () => 'id' });
    const departures = [false, true, false].map((isOfTime, place) => ({
      atMs: 1_000 * (place + 2),
      isOfTime,
      savedShare: isOfTime ? -0.2 : null,
    }));
    ledger.touch(group('go', { departures, lastMs: 9_500, accept: null }));
    const row = ledger.turn().rows[0]?.value as ChainRow;
    expect([row.departures, row.lastMoveAtMs]).toEqual([
      departures.map((one) => ({ ...one, atMs: one.atMs + 990_000 })),
      999_500,
    ]);
  });

  test('departures as 1.0 stored them', () => {
    const made = Object.assign(group('go', { departures: [], lastMs: null, accept: null }), { contest: {} });
    const value = { declared: null, departuresAtMs: [992_000, 994_000], slowDeparturesAtMs: [993_000] };
    const row = { table: 'chain', key: 'go/go', atMs: 0, value } as const;
    restoreLedger(new Map([['go/go', made]]), [row], new Set(), {} as Config, at);
    expect(made.moves.departures).toEqual(
      [false, true, false].map((isOfTime, place) => ({ atMs: 1_000 * (place + 2), isOfTime, savedShare: null })),
    );
  });

  it('over a restart: when clients were advised to leave', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    const { id, issuedAtMs } = only(stage);
    // The acceptance is no departure.
    stage.pass(120);
    stage.accept(id);
    stage.pass(600);
    stage.restart();
    stage.paces(6, { a: 'refused', b: 200, c: 200 });
    recover(stage, 98);
    const back = stage.advisor.list().find(({ cause }) => cause === 'failback');
    const at = minuteTextOf(issuedAtMs);
    expect(back?.reason).toContain(`is healthy again; the switch away from it was advised at ${at}.`);
  });
});

describe('a restart ends no advice that had ended before', () => {
  const restarted = (stage: Stage, declared = stage.declared): readonly string[] => {
    const before = stage.story().length;
    stage.declared = declared;
    stage.restart();
    stage.consider();
    // After a restart nothing is measured at first, which is a refusal.
    return stage.story().filter((line, place) => place >= before && !line.startsWith('refused'));
  };
  const back = (): Stage => {
    const stage = warm([mirror('a'), mirror('b')]);
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    stage.shut('a', 'outage');
    stage.paces(12, { a: 200, b: 200 });
    stage.open('b', 'outage');
    stage.paces(8, { a: 200, b: 'refused' });
    const proposed = stage.advisor.list().find(({ state }) => state === 'proposed');
    expect([proposed?.cause, proposed?.to]).toEqual(['outage', 'a']);
    stage.accept(proposed?.id ?? '');
    stage.shut('b', 'outage');
    return stage;
  };

  it('where an accepted switch for another cause than a failback led back to the declared chain', () => {
    const stage = back();
    expect(restarted(stage)).toEqual([]);
    // Its audit is over.
    stage.pass(2 * 3600);
    expect(restarted(stage)).toEqual([]);
  });

  it('nor where the declared chain changed in between', () => {
    const stage = back();
    expect(restarted(stage, 'https://c.example.com,direct')).toEqual([]);
    expect(restarted(stage, 'https://c.example.com,direct')).toEqual([]);
  });

  it('but it ends, once, accepted advice of another declared chain', () => {
    const stage = warm();
    kill(stage);
    stage.consider();
    stage.accept(only(stage).id);
    expect(restarted(stage, 'https://c.example.com,direct')).toEqual(['superseded outage b']);
    expect(restarted(stage, 'https://c.example.com,direct')).toEqual([]);
  });
});

describe('after a reload', () => {
  const group = (): Group => {
    const contest = new Contest('a');
    const probing = new Probing();
    const { targets, sizes } = probing;
    for (const question of ['mod m@v1', 'zip m@v1', 'mod gone@v1'])
      targets.set(question, new Map(['a', 'b'].map((name) => [name, { registry: name } as Target])));
    targets.set('mod only-b@v1', new Map([['b', { registry: 'b' } as Target]]));
    targets.set('index m@', new Map([['a', { registry: 'a' } as Target]]));
    for (const question of targets.keys())
      for (const name of ['a', 'b']) recordReply(recordOf(contest, name), question, { tag: 'ok', tookMs: 200 }, 0);
    sizes.set('zip m@v1', 300_000).set('mod gone@v1', 1);
    for (const name of ['a', 'b']) {
      recordTime(recordOf(contest, name).times.light, 200);
      for (const question of ['mod m@v1', 'mod gone@v1'])
        recordOutcome(recordOf(contest, name), good(0, 200, { question }));
    }
    return { contest, probing, late: { asides: new Map(), held: new Map() } } as unknown as Group;
  };

  it('what is asked still, of whom is watched still, is kept, and nothing else', () => {
    const made = group();
    pruneRemoved(made, new Set(['a']), [{ ecosystem: 'go', upstream: 'go', module: 'm', version: 'v1' }]);
    expect([...made.probing.targets].map(([question, asked]) => [question, [...asked.keys()]])).toEqual([
      ['mod m@v1', ['a']],
      ['zip m@v1', ['a']],
      ['index m@', ['a']],
    ]);
    expect([...made.contest.records].map(([name, { light }]) => [name, light.map(({ question }) => question)])).toEqual(
      [['a', ['mod m@v1']]],
    );
    expect([...made.probing.sizes]).toEqual([['zip m@v1', 300_000]]);
    expect([...recordOf(made.contest, 'a').latest.keys()]).toEqual(['mod m@v1', 'zip m@v1', 'index m@']);
  });

  it.each([
    [['a', 'b'], 2],
    [['b'], 0],
  ])('home is healthy again only by answers of the same server: unchanged are %j', (names, want) => {
    const made = Object.assign(group(), {
      declared: { members: [{ kind: 'url', key: 'a' }], separators: [] },
      roster: { byKey: new Map([['a', { name: 'a' }]]) },
    });
    made.contest.health = 2;
    pruneRemoved(made, new Set(names), []);
    expect(made.contest.health).toBe(want);
  });

  const chain = 'https://a.example.com,direct';
  const known = (stage: Stage) =>
    rankOf(stage.advisor).map(({ registry, gate, scoreSeconds }) => [registry, gate, scoreSeconds !== null]);

  it('nothing of a mirror that has another URL: the server before says nothing about the new one', () => {
    const stage = new Stage(chain, [mirror('a'), mirror('b')]);
    stage.paces(20, { a: 200, b: 100 });
    const moved = mirror('b', { url: 'https://new.example.com' });
    stage.reconfigure(chain, { ...stage.config, mirrors: [mirror('a'), moved] });
    stage.consider();
    expect(known(stage)).toEqual([
      ['a', 'current', true],
      ['b', 'unmeasured', false],
    ]);
    stage.sample('b', 100, { isObsolete: true });
    stage.consider();
    expect(known(stage)[1]).toEqual(['b', 'unmeasured', false]);
    stage.paces(5, { a: 200, b: 100 });
    expect(known(stage)[0]).toEqual(['b', 'ok', true]);
  });

  it('nor of the mirror in use, if it is reached over another proxy', () => {
    const stage = new Stage(chain, [mirror('a'), mirror('b')]);
    stage.paces(20, { a: 200, b: 100 });
    stage.paces(2, { a: 'refused', b: 100 });
    const proxy = { url: 'http://proxy.example.com:8080', auth: null };
    const moved = { ...mirror('a'), access: { ...mirror('a').access, proxy } };
    stage.reconfigure(chain, { ...stage.config, mirrors: [moved, mirror('b')] });
    stage.consider();
    expect(rankOf(stage.advisor).map(({ registry, sum }) => [registry, sum])).toEqual([
      ['b', null],
      ['a', null],
    ]);
  });

  const moved = mirror('b', { url: 'https://new.example.com' });
  it.each<[string, readonly Mirror[], boolean, readonly string[]]>([
    ['withdrawn where its mirror was removed', [mirror('a'), mirror('c')], false, ['withdrawn outage b']],
    ['withdrawn where its mirror has another URL', [mirror('a'), moved, mirror('c')], false, ['withdrawn outage b']],
    ['superseded once it was accepted', [mirror('a'), mirror('c')], true, ['accepted outage b', 'superseded outage b']],
  ])('advice is %s, and the next one names a mirror that is there', (_name, mirrors, isAccepted, ends) => {
    for (const again of ['reload', 'restart']) {
      const stage = warm(abc, chain);
      kill(stage);
      stage.consider();
      if (isAccepted) stage.accept(only(stage).id);
      const config = { ...stage.config, mirrors };
      if (again === 'reload') stage.reconfigure(chain, config);
      else {
        stage.config = config;
        stage.restart();
      }
      stage.paces(6, Object.fromEntries(mirrors.map(({ name }) => [name, name === 'a' ? 'refused' : 200])));
      // After a restart nothing is measured at first: that is said of `a`.
      const story = stage.story().filter((line) => !line.endsWith(' a'));
      expect(story.slice(0, -1)).toEqual(['proposed outage b', ...ends]);
      expect(story.at(-1)).toMatch(/^proposed outage [bc]$/);
      expect(only(stage).chain.after).toMatch(/^https:\/\/(new|c)\.example\.com,/);
    }
  });

  it('a module that was removed does not come back with a response that was pending', () => {
    const refs = ['example.com/m', 'example.com/gone'].map((module) => {
      return { ecosystem: 'go', upstream: 'go', module, version: 'v1.0.0' };
    });
    const stage = new Stage(chain, [mirror('a'), mirror('b')], { modules: refs });
    stage.paces(2, { a: 200, b: 100 });
    stage.sample('a', 100, { module: 'example.com/gone' });
    const peeked = (): string[] => {
      const modules: string[] = [];
      for (let pace = 0; pace < 6; pace += 1) {
        stage.pass(30);
        stage.consider();
        for (const { isPeek, target } of stage.looks) {
          if (!isPeek) continue;
          modules.push(target.module ?? '');
          stage.sample('a', 100, { step: 'zip', purpose: 'peek', module: target.module ?? '' });
        }
      }
      return modules;
    };
    expect(new Set(peeked())).toEqual(new Set(['example.com/m', 'example.com/gone']));
    stage.reconfigure(chain, { ...stage.config, modules: refs.slice(0, 1) });
    stage.sample('a', 100);
    stage.sample('a', 100, { module: 'example.com/gone', isObsolete: true });
    expect(new Set(peeked())).toEqual(new Set(['example.com/m']));
  });

  it('the client whose chain decides is the configured one, even if its chain reads alike', () => {
    const url = 'https://n.example.com';
    const stage = new Stage(url, [mirror('n', { ecosystem: 'npm', upstream: 'npm', url })]);
    const of = (client: NonNullable<Config['client']>): Config => ({ ...stage.config, client });
    const clients = [{}, { npm: 'yarn' }].map(
      (one) => groupsOf(of(one), registry, () => url).get('npm/npm')?.client.id,
    );
    expect(clients).toEqual(['npm', 'yarn']);
    const renewed = [{}, { npm: 'yarn' }].map((one) =>
      stage.advisor.reconfigure(of(one), () => url, stage.at).rows.map(({ key }) => key),
    );
    expect(renewed).toEqual([[], ['npm/npm']]);
  });
});
