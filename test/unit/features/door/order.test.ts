import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DoorRoute, routesOf } from '../../../../src/config/door-routes.ts';
import type { Log } from '../../../../src/core/ports.ts';
import { createFollowing } from '../../../../src/features/door/following.ts';
import {
  createKeeper,
  currentOrderOf,
  declaredOrderOf,
  type KnownOrder,
  keptOrderOf,
  namesFor,
  orderOf,
  readKept,
} from '../../../../src/features/door/order.ts';
import { createStays } from '../../../../src/features/door/stay.ts';
import { tempDir } from '../../../support/paths.ts';
import { doorConfig } from './config.ts';

const go = routesOf(doorConfig()).find(({ ecosystem }) => ecosystem === 'go') as DoorRoute;
const none = new Set<string>();
const nothing = {
  advice: null,
  ranked: [],
  wrong: none,
  unknown: none,
  down: none,
  failing: none,
  usualMs: new Map<string, number>(),
};

describe('the order of an upstream', () => {
  it('is the declared chain, an origin last, where nothing is known', () => {
    expect(declaredOrderOf(go)).toEqual({ names: ['near', 'far', 'go-origin'], why: 'declared' });
    expect(orderOf(go, nothing).names).toEqual(['near', 'far', 'go-origin']);
  });

  it('begins with the mirror that advice in force names', () => {
    const known = { ...nothing, advice: { to: 'far', id: 'abc', expiresAtMs: null }, ranked: ['go-origin', 'near'] };
    expect(orderOf(go, known)).toEqual({ names: ['far', 'go-origin', 'near'], why: 'advice abc' });
  });

  it('names configured mirrors alone, whatever the daemon says', () => {
    const known = {
      ...nothing,
      advice: { to: 'https://evil.example.com', id: 'x', expiresAtMs: null },
      ranked: ['evil', 'far'],
    };
    expect(orderOf(go, known).names).toEqual(['far', 'near', 'go-origin']);
  });

  it('leaves out a mirror with wrong bytes while there is another one', () => {
    expect(orderOf(go, { ...nothing, wrong: new Set(['near']) }).names).toEqual(['far', 'go-origin']);
    expect(orderOf(go, { ...nothing, wrong: new Set(['near', 'far', 'go-origin']) }).names).toHaveLength(3);
  });

  it('ends with what is down, so that no advice is needed to leave it', () => {
    expect(orderOf(go, { ...nothing, down: new Set(['near']) }).names).toEqual(['far', 'go-origin', 'near']);
    const all = new Set(['near', 'far', 'go-origin']);
    expect(orderOf(go, { ...nothing, down: all }).names).toEqual(['near', 'far', 'go-origin']);
  });

  it('keeps its head while the daemon knows nothing of the declared one yet, but never wrong bytes or an expired advice', () => {
    const kept = { names: ['far', 'near', 'go-origin'], untilMs: 1000 };
    const fresh = { ...nothing, ranked: ['near'], unknown: new Set(['near', 'far']) };
    expect(currentOrderOf(go, fresh, kept, 0)).toEqual({
      names: ['far', 'near', 'go-origin'],
      why: 'kept',
      untilMs: 1000,
    });
    expect(currentOrderOf(go, { ...fresh, wrong: new Set(['far']) }, kept, 0).names).toEqual(['near', 'go-origin']);
    expect(currentOrderOf(go, fresh, kept, 1000).names).toEqual(['near', 'far', 'go-origin']);
    expect(currentOrderOf(go, { ...fresh, unknown: new Set(['far']) }, kept, 0)).toMatchObject({ why: 'declared' });
  });

  it('by advice is over when that expires without a daemon: then it is the declared one, still without wrong bytes', () => {
    const advice = { to: 'go-origin', id: 'abc', expiresAtMs: 1000 };
    const order = orderOf(go, { ...nothing, advice, wrong: new Set(['near']) });
    expect(order).toEqual({ names: ['go-origin', 'far'], why: 'advice abc', untilMs: 1000 });
    expect(keptOrderOf(go, order, 999)).toEqual({ names: ['go-origin', 'far'], why: 'kept', untilMs: 1000 });
    expect(keptOrderOf(go, order, 1000)).toEqual({ names: ['far', 'go-origin'], why: 'expired' });
  });

  it('of a file leaves out what it left out when it was stored: wrong bytes stay wrong over a restart', () => {
    const order = orderOf(go, { ...nothing, wrong: new Set(['near']) });
    expect(keptOrderOf(go, order, 0).names).toEqual(['far', 'go-origin']);
  });

  it('of a file is as stored, without mirrors that are not configured any more', () => {
    expect(keptOrderOf(go, { names: ['gone', 'far', 'near'] }, 0)).toEqual({ names: ['far', 'near'], why: 'kept' });
    expect(keptOrderOf(go, { names: ['gone'] }, 0)).toEqual({ names: ['near', 'far', 'go-origin'], why: 'declared' });
  });
});

describe('the file of orders', () => {
  const lines: string[] = [];
  const push = (message: string): void => void lines.push(message);
  const log: Log = { debug: push, info: push, warn: push, error: push };
  const fresh = (): string => {
    lines.length = 0;
    return tempDir('door-order');
  };

  it('is written whole, and read again', async () => {
    const folder = fresh();
    const path = join(folder, 'door.json');
    const keeper = createKeeper(path, log);
    keeper.keep(new Map([['go/go', { names: ['far', 'near'], why: 'declared' }]]));
    keeper.keep(new Map([['go/go', { names: ['near', 'far'], why: 'declared' }]]));
    await keeper.done();
    expect([...(await readKept(path, log))]).toEqual([['go/go', { names: ['near', 'far'] }]]);
    expect(readdirSync(folder)).toEqual(['door.json']);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ orders: { 'go/go': ['near', 'far'] } });
    const untilMs = Date.parse('2030-01-01T00:00:00Z');
    keeper.keep(new Map([['go/go', { names: ['near'], untilMs }]]));
    await keeper.done();
    expect([...(await readKept(path, log))]).toEqual([['go/go', { names: ['near'], untilMs }]]);
  });

  it.each(['', '[]', 'null', '{"orders":null}', '{"orders":{"go/go":"near"}}', '{"orders":{"go/go":[1]}}', '\u0000'])(
    'with %j in it is no order, and stops nothing',
    async (text) => {
      const path = join(fresh(), 'door.json');
      writeFileSync(path, text);
      expect([...(await readKept(path, log))]).toEqual([]);
    },
  );

  it('that cannot be written is said, and written once it can be', async () => {
    const folder = fresh();
    const keeper = createKeeper(join(folder, 'none', 'door.json'), log);
    keeper.keep(new Map([['go/go', { names: ['far'], why: 'declared' }]]));
    await keeper.done();
    expect(lines).toEqual(['the order cannot be kept']);
  });
});

describe('a client of files that belong together', () => {
  it('stays at its mirror for ten minutes, unless that is not usable any more', () => {
    let now = 0;
    const mirrorOf = createStays(() => now);
    const all = (): boolean => true;
    expect(mirrorOf('c', 'u', 'near', all)).toBe('near');
    now = 599_999;
    expect(mirrorOf('c', 'u', 'far', all)).toBe('near');
    expect(mirrorOf('d', 'u', 'far', all)).toBe('far');
    expect(mirrorOf('c', 'u', 'far', (name) => name !== 'near')).toBe('far');
    expect(mirrorOf('c', 'u', 'near', all)).toBe('far');
    now += 600_000;
    expect(mirrorOf('c', 'u', 'near', all)).toBe('near');
  });
});

describe('wrong bytes of one module', () => {
  const wrongOf = new Map([['near', ['example.com/a']]]);

  it('exclude their mirror for that module alone, if another mirror is left', () => {
    const order = orderOf(go, { ...nothing, wrongOf });
    expect(namesFor(order, 'example.com/a')).toEqual(['far', 'go-origin']);
    expect(namesFor(order, 'example.com/b')).toEqual(['near', 'far', 'go-origin']);
    expect(namesFor(order, null)).toEqual(['near', 'far', 'go-origin']);
    const all = new Map(['near', 'far', 'go-origin'].map((name) => [name, ['example.com/a']]));
    expect(namesFor(orderOf(go, { ...nothing, wrongOf: all }), 'example.com/a')).toHaveLength(3);
  });

  it.each([
    ['pool/libstdc++6.deb', 'pool/libstdc%2b%2b6.deb'],
    ['pool/libstdc%2B%2B6.deb', 'pool/libstdc++6.deb'],
    ['pool/%ff.deb', 'pool/%ff.deb'],
  ])('of %s exclude their mirror for the spelling %s of the same path', (wrong, requested) => {
    const order = orderOf(go, { ...nothing, wrongOf: new Map([['near', [wrong]]]) });
    expect(namesFor(order, requested)).toEqual(['far', 'go-origin']);
  });

  it('still do without a daemon, also after a restart of the door', async () => {
    const path = join(tempDir('door-wrong'), 'door.json');
    const nothingLogged = { debug() {}, info() {}, warn() {}, error() {} };
    const keeper = createKeeper(path, nothingLogged);
    keeper.keep(new Map([['go/go', orderOf(go, { ...nothing, wrongOf })]]));
    await keeper.done();
    const kept = (await readKept(path, nothingLogged)).get('go/go');
    const { mode } = statSync(path);
    // Their names may be private.
    expect(mode & 0o077).toBe(0);
    const order = currentOrderOf(go, undefined, kept, 0);
    expect(namesFor(order, 'example.com/a')).toEqual(['far', 'go-origin']);
    expect(namesFor(order, 'example.com/b')).toEqual(['near', 'far', 'go-origin']);
  });
});

const hour = 3_600_000;
const routes = routesOf(doorConfig());
const advised: KnownOrder = {
  advice: { to: 'far', id: 'abc', expiresAtMs: 24 * hour },
  ranked: ['far', 'go-origin'],
  usualMs: new Map([['far', 40]]),
  wrong: none,
  unknown: none,
  down: new Set(['near']),
  failing: new Set(['near']),
};

describe('a door whose daemon is gone', () => {
  let dir: string;
  let nowMs: number;
  let following: Awaited<ReturnType<typeof createFollowing>>;
  const lines: (readonly [string, unknown])[] = [];
  const push = (message: string, fields?: object): void => void lines.push([message, fields]);
  const log: Log = { debug: push, info: push, warn: push, error: push };
  const start = async () => {
    const metrics = { ordered: () => undefined, followed: () => undefined };
    const made = await createFollowing(`${dir}/door.json`, { clock: { wallMs: () => nowMs }, log, metrics });
    made.configure(routes);
    return made;
  };
  const order = () => following.orders.get('go/go');

  beforeEach(async () => {
    dir = tempDir('door-following');
    [nowMs, lines.length] = [0, 0];
    following = await start();
    following.known(new Map([['go/go', advised]]));
    lines.length = 0;
  });
  afterEach(() => following.done());

  it('follows its last advice, and the log says so at once and each hour, with what is in force', () => {
    for (; nowMs <= 2 * hour; nowMs += 2_000) following.lost('ECONNREFUSED');
    expect(order()).toEqual({ names: ['far', 'go-origin', 'near'], why: 'kept', untilMs: 24 * hour });
    const told = lines.filter(([message]) => message.startsWith('no daemon'));
    expect(told).toHaveLength(3);
    expect(told.at(-1)?.[1]).toMatchObject({
      why: 'ECONNREFUSED',
      since: '1970-01-01T00:00:00.000Z',
      orders: expect.arrayContaining([
        { upstream: 'go/go', first: 'far', why: 'kept', until: '1970-01-02T00:00:00.000Z' },
      ]),
    });
    following.known(new Map([['go/go', { ...advised, advice: null }]]));
    expect([order()?.why, lines.at(-1)?.[0]]).toEqual(['declared', 'the daemon is back']);
  });

  it('leaves an advice that has expired for the declared chain, and the log says so once', () => {
    following.lost('ECONNREFUSED');
    lines.length = 0;
    for (nowMs = 24 * hour; nowMs < 24 * hour + 10_000; nowMs += 2_000) following.lost('ECONNREFUSED');
    expect(order()).toEqual({ names: ['near', 'far', 'go-origin'], why: 'expired' });
    expect(lines.filter(([message]) => message === 'order')).toEqual([
      ['order', { upstream: 'go/go', names: ['near', 'far', 'go-origin'], why: 'expired' }],
    ]);
  });

  it('does both over a restart of its own', async () => {
    await following.done();
    nowMs = 23 * hour;
    following = await start();
    expect(order()?.names[0]).toBe('far');
    nowMs = 24 * hour;
    following.lost('ECONNREFUSED');
    expect(order()).toEqual({ names: ['near', 'far', 'go-origin'], why: 'expired' });
  });
});
