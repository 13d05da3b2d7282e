import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { routesOf } from '../../../../src/config/door-routes.ts';
import type { Log } from '../../../../src/core/ports.ts';
import { createFollowing } from '../../../../src/features/door/following.ts';
import type { KnownOrder } from '../../../../src/features/door/order.ts';
import { removeTempDir, tempDir } from '../../../support/paths.ts';
import { doorConfig } from './config.ts';

const hour = 3_600_000;
const routes = routesOf(doorConfig());
const none = new Set<string>();
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
  afterEach(async () => {
    await following.done();
    removeTempDir(dir);
  });

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
