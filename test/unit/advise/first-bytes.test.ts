import { describe, expect, test } from 'vitest';
import { abcd, peeked, staged, wanted, well } from './four-mirrors.ts';
import { abc, chain } from './outage.ts';
import { rankOf } from './said.ts';
import { type Said, Stage } from './stage.ts';

describe('a light step that no fetch needs', () => {
  /** What is ordered of the canary while the list of one module after the other is answered so at `a`. */
  function ordered(stage: Stage, said: Said, modules: number): number {
    let orders = 0;
    for (let n = 0; n < modules; n += 1) {
      stage.pass(15);
      for (const { name } of abc) stage.sample(name, 200);
      stage.sample('a', said, { step: 'list', module: `example.com/m${n}` });
      stage.consider();
      orders += stage.looks.filter(({ isPeek, target }) => !isPeek && target.canary).length;
    }
    return orders;
  }

  test('fails for twenty modules: that is one reason to request the canary again, and one more after it has worked', () => {
    const stage = new Stage(chain, abc);
    stage.paces(6, { a: 200, b: 200, c: 200 });
    expect([ordered(stage, 'refused', 20), ordered(stage, 200, 20), ordered(stage, 'refused', 20)]).toEqual([1, 0, 1]);
  });

  test('does not stand in the way of an artifact whose first bytes failed in the same moment', () => {
    const stage = new Stage(chain, abc);
    stage.paces(6, { a: 200, b: 200, c: 200 });
    stage.sample('a', 'refused', { step: 'zip', purpose: 'peek' });
    stage.sample('a', 'refused', { step: 'list' });
    stage.consider();
    expect(stage.looks.filter(({ isPeek }) => !isPeek).map(({ target }) => target.step)).toEqual(['zip', 'mod']);
  });
});

describe('the first bytes of an artifact failed', () => {
  const modules = ['example.com/m', 'example.com/other'].map((module) => ({
    ecosystem: 'go',
    upstream: 'go',
    module,
    version: 'v1.0.0',
  }));

  /** The light rechecks after the whole artifact was requested too. */
  function lightAfter(whole: 'absent' | number, steps: readonly string[]): readonly unknown[] {
    const stage = new Stage(chain, abc, { modules });
    stage.paces(6, { a: 200, b: 200, c: 200 });
    for (const step of steps)
      for (const { name } of abc) stage.sample(name, 200, { step, module: 'example.com/other' });
    const artifact = { step: 'zip', module: 'example.com/other' } as const;
    stage.sample('a', 'absent', { ...artifact, purpose: 'peek' });
    stage.consider();
    stage.pass(1);
    for (const { name } of abc) stage.sample(name, name === 'a' ? whole : 200, { ...artifact, purpose: 'recheck' });
    stage.consider();
    return wanted(stage).flatMap(({ target, forMs, stepMs }) =>
      target.step === 'mod' ? [[target.module, forMs, stepMs]] : [],
    );
  }

  test('and the whole of it came: the light step of its module is repeated each second for 15 s', () =>
    expect(lightAfter(300, ['info', 'mod'])).toEqual([['example.com/other', 15_000, 1_000]]));

  test('where that step was not requested before, the canary is', () =>
    expect(lightAfter(300, ['info'])).toEqual([['example.com/m', 15_000, 1_000]]));

  test('and the whole of it fails too: it keeps its turns', () =>
    expect(lightAfter('absent', ['info', 'mod'])).toEqual([]));
});

describe('the first bytes of the head’s artifacts', () => {
  const zip = { step: 'zip', purpose: 'peek' } as const;
  const modules = ['example.com/m', 'example.com/other'];

  /** Each module’s light steps were answered once, and its first bytes so often in so long. */
  function usual(times: readonly number[]): Stage {
    const stage = staged();
    peeked(stage);
    for (const took of times) {
      stage.sample('a', took, zip);
      stage.paces(1, well);
    }
    return stage;
  }

  test('are requested at the canary’s pace, of each module in turn, from no other mirror', () => {
    const stage = new Stage(chain, abcd, {
      modules: modules.map((module) => ({ ecosystem: 'go', upstream: 'go', module, version: 'v1.0.0' })),
    });
    stage.sample('a', 200, { step: 'mod', module: 'example.com/other' });
    const asked = Array.from({ length: 6 }, () => {
      const orders = peeked(stage);
      for (const { target } of orders) stage.sample('a', 300, { ...zip, module: target.module ?? '' });
      return orders;
    });
    expect(asked.map((orders) => orders.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(asked.map(([order]) => order?.registries)).toEqual(Array(6).fill([]));
    const turns = asked.map(([order]) => order?.target.module);
    expect(new Set(turns.slice(0, 2))).toEqual(new Set(modules));
    expect(turns.slice(2)).toEqual([...turns.slice(0, 2), ...turns.slice(0, 2)]);
  });

  /** Projects times versions, in the order of the configuration, each known by one light answer; `heard` of the orders come to be asked. */
  function rota(projects: number, versions: number): { stage: Stage; names: readonly string[] } {
    const names = Array.from(
      { length: projects * versions },
      (_, at) => `example.com/p${at % projects}/v${Math.floor(at / projects)}`,
    );
    const stage = new Stage(chain, abcd, {
      modules: [...names, 'example.com/m'].map((module) => ({
        ecosystem: 'go',
        upstream: 'go',
        module,
        version: 'v1.0.0',
      })),
    });
    for (const module of names) for (const { name } of abcd) stage.sample(name, 200, { step: 'mod', module });
    return { stage, names };
  }

  /** The next artifacts whose first bytes were asked and answered, where only some of the orders find a token and a slot. */
  function answered(stage: Stage, count: number, isSent: (order: number) => boolean): string[] {
    const asked: string[] = [];
    for (let order = 0; asked.length < count && order < 50 * count; order += 1) {
      const module = peeked(stage)[0]?.target.module ?? '';
      if (!isSent(order)) continue;
      asked.push(module);
      stage.sample('a', 300, { ...zip, module });
    }
    return asked;
  }

  test.each<[string, (order: number) => boolean]>([
    ['all orders are sent', () => true],
    ['every second order is sent', (order) => order % 2 === 1],
    ['every third order is sent', (order) => order % 3 === 0],
    ['every seventh order is sent', (order) => order % 7 === 3],
  ])('are asked once of each before of any twice, over restarts and reloads: %s', (_name, isSent) => {
    const { stage, names } = rota(3, 4);
    const all = [...names, 'example.com/m'];
    const asked = answered(stage, 5, isSent);
    for (let life = 0; life < 2; life += 1) {
      stage.consider();
      stage.restart();
      for (const module of names) for (const { name } of abcd) stage.sample(name, 200, { step: 'mod', module });
      stage.paces(1, well);
      asked.push(...answered(stage, 4, isSent));
      stage.advisor.reconfigure(stage.config, () => stage.declared, stage.at);
    }
    expect(asked).toHaveLength(all.length);
    expect(new Set(asked)).toEqual(new Set(all));
    // And the file's order is theirs: what a lock file requires most is asked first.
    expect(asked).toEqual(all);
    expect(answered(stage, 2 * all.length, isSent)).toEqual([...all, ...all]);
  });

  test('that were not requested keep their turn', () => {
    const { stage, names } = rota(3, 1);
    for (let again = 0; again < 100; again += 1) {
      const [order] = peeked(stage);
      expect(order?.target.module).toBe(names[0]);
      if (order !== undefined) stage.advisor.declined({ order, isKnown: true });
    }
  });

  test('of an artifact that cannot be requested make way for the next at once', () => {
    const { stage, names } = rota(3, 1);
    const [order] = peeked(stage);
    if (order === undefined) throw new Error('nothing was ordered');
    stage.advisor.declined({ order, isKnown: false });
    stage.pass(2);
    stage.consider();
    expect(stage.looks.filter(({ isPeek }) => isPeek).map(({ target }) => target.module)).toEqual([names[1]]);
  });

  test('of an artifact that is never answered keep no other waiting', () => {
    const { stage, names } = rota(4, 1);
    const asked: string[] = [];
    for (let order = 0; order < 600; order += 1) {
      const module = peeked(stage)[0]?.target.module ?? '';
      asked.push(module);
      if (module !== names[1]) stage.sample('a', 300, { ...zip, module });
    }
    for (const module of names) expect(asked.filter((one) => one === module).length).toBeGreaterThan(5);
  });

  test('a real client failed at: the whole is asked next, of the head and of others', () => {
    const stage = usual(Array(12).fill(300));
    while (wanted(stage).length > 0) stage.consider();
    const run = { ecosystem: 'go', upstream: 'go', module: 'example.com/m', version: 'v1.0.0' } as const;
    stage.advisor.clientFailed({ ...run, registry: 'b' });
    stage.consider();
    expect(wanted(stage)).toEqual([]);
    stage.advisor.clientFailed({ ...run, registry: 'a' });
    stage.consider();
    expect(wanted(stage)).toMatchObject([
      { target: { step: 'zip', module: 'example.com/m' }, forMs: 0 },
      { target: { step: 'mod', canary: true }, forMs: 1_000 },
    ]);
  });

  test('failed: the whole is downloaded at once, of the head and of others', () => {
    const stage = usual(Array(12).fill(300));
    while (wanted(stage).length > 0) stage.consider();
    stage.sample('a', { status: 500, kind: 'server' }, zip);
    stage.consider();
    expect(wanted(stage)).toMatchObject([
      { target: { step: 'zip', module: 'example.com/m' }, forMs: 0 },
      { target: { step: 'mod', canary: true }, forMs: 1_000 },
    ]);
    for (const { registries } of wanted(stage)) expect(registries).toContain('b');
    stage.consider();
    expect(wanted(stage)).toEqual([]);
  });

  test('late and failed later: the whole at once, and as soon as it is known that they failed the canary too', () => {
    const stage = usual(Array(12).fill(300));
    while (wanted(stage).length > 0) stage.consider();
    stage.late('a', 1_300, 'late', zip);
    stage.consider();
    expect(wanted(stage)).toMatchObject([{ target: { step: 'zip' }, isUrgent: false }]);
    stage.pass(9);
    stage.sample('a', 'timeout_connect', { ...zip, probeId: 'late' });
    stage.consider();
    expect(wanted(stage)).toMatchObject([
      { target: { step: 'zip' }, isUrgent: true },
      { target: { step: 'mod', canary: true }, forMs: 1_000 },
    ]);
  });

  test.each<[string, readonly number[], number, number]>([
    ['three times the usual and beyond all seen: looked at', Array(12).fill(300), 1_000, 1],
    ['less than three times the usual', Array(12).fill(300), 890, 0],
    ['no slower than one that came before', [...Array(12).fill(300), 1_000], 1_050, 0],
    ['too few seen to know', Array(7).fill(300), 5_000, 0],
  ])('%s', (_name, times, took, want) => {
    const stage = usual(times);
    while (wanted(stage).length > 0) stage.consider();
    stage.sample('a', took, zip);
    stage.consider();
    expect(wanted(stage)).toHaveLength(want);
  });

  test('say nothing of how the mirror is: no cost, no count, no advice', () => {
    const [stage, other] = [usual([]), usual([])];
    for (let i = 0; i < 40; i += 1) stage.sample('a', { status: 500, kind: 'server' }, zip);
    stage.consider();
    other.consider();
    expect(rankOf(stage.advisor)).toEqual(rankOf(other.advisor));
    expect(stage.changes).toEqual([]);
  });

  test('those of another head begin anew', () => {
    const stage = usual(Array(12).fill(300));
    stage.sample('b', 9_000, zip);
    stage.consider();
    expect(wanted(stage)).toEqual([]);
  });
});
