import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tables } from '../../src/core/ports.ts';
import { systemClock } from '../../src/io/clock.ts';
import { openStore } from '../../src/io/store.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';
import { stateDir } from '../support/paths.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { attempts, enough, metric, nearAndFar } from './near-and-far.ts';

const { mirrors, withDaemon } = nearAndFar();

type Fields = Readonly<Record<string, unknown>>;
const listed = (value: unknown): readonly (readonly unknown[])[] => value as readonly (readonly unknown[])[];

describe('a state file', () => {
  const path = (): string => join(stateDir('state'), 'mirrorwatch.db');
  const opened = (file: string, bytesMax?: number) => {
    const result = openStore(file, {
      clock: systemClock,
      isSound: isSoundRow,
      ...(bytesMax === undefined ? {} : { bytesMax }),
    });
    if (result.tag === 'error') throw new Error(`refused: ${result.error.kind}`);
    return result.value;
  };

  test('that is corrupt: set aside, said, and watching begins anew with a file of its own', async () => {
    const file = path();
    opened(file).store.close();
    writeFileSync(file, readFileSync(file).fill(0x5a, 4_096 * 2));
    const { store, notes } = opened(file);
    expect(notes).toEqual([expect.stringContaining('state file was corrupt; set aside as')]);
    expect(readdirSync(join(file, '..')).filter((name) => name.includes('corrupt'))).toHaveLength(1);
    await withDaemon([], store, async (real) => {
      await enough(real, 5);
      expect(await metric(real, 'mirrorwatch_state_writable')).toBe(1);
    });
    const again = opened(file);
    expect([again.notes, again.store.all('detector').length > 0]).toEqual([[], true]);
    again.store.close();
  });

  describe('whose rows are all', () => {
    /** A file with rows in every table, made once; each kind of row spoils a copy of it. */
    const file = path();
    let receiver: WebhookReceiver;
    beforeAll(async () => {
      receiver = await startWebhookReceiver();
      await withDaemon([receiver.url], opened(file).store, async (real) => {
        await enough(real, 5);
        await mirrors.near.kill();
        await real.until('advice', async () => receiver.posts.some(({ body }) => body.includes('"mirror.advice"')));
      });
      await mirrors.near.revive();
      const whole = opened(file);
      const pause = { table: 'pause' as const, key: 'far', atMs: 1, value: { untilMs: 1, reason: 'over' } };
      whole.store.commit({ puts: [pause], deletes: [] });
      for (const table of tables) whole.store.all(table);
      expect(whole.store.rowsAside?.()).toBe(0);
      whole.store.close();
    });
    afterAll(() => receiver.close());

    test('of times that no clock states: such rows are set aside, and every page is there', async () => {
      const spoilt = path();
      copyFileSync(file, spoilt);
      const db = new DatabaseSync(spoilt);
      let count = 0;
      for (const table of ['advice', 'finding', 'verdict', 'chain', 'pause'])
        for (const { key, value } of db.prepare(`SELECT key, value FROM "${table}"`).all()) {
          const text = value instanceof Uint8Array ? inflateRawSync(value).toString() : String(value);
          const late = text.replaceAll(/("\w+Ms"):\d[\d.]*/g, '$1:1e300');
          if (late !== text) count += 1;
          db.prepare(`UPDATE "${table}" SET value = ? WHERE key = ?`).run(late, key ?? null);
        }
      db.close();
      const again = opened(spoilt);
      await withDaemon([receiver.url], again.store, async (real) => {
        await enough(real, 5);
        for (const page of ['/', '/api/v1/findings?state=all', '/api/v1/advice?state=all', '/api/v1/verdicts'])
          expect([page, (await real.get(page)).status]).toEqual([page, 200]);
      });
      expect(count).toBeGreaterThan(2);
      expect(again.store.rowsAside?.()).toBe(count);
    });

    test('changed in one field each: the daemon starts, and every page is there', async () => {
      const changes: readonly (readonly [table: string, prefix: string, change: (value: Fields) => object])[] = [
        ['trend', 'open/', () => ({ open: [{}] })],
        ['detector', 'mirror|', () => ({ rates: { light: 5, heavy: {} } })],
        ['meta', 'story/', () => ({ held: { news: 5, dueWallMs: null } })],
        [
          'verdict',
          '',
          ({ mirrors }) => ({ mirrors: listed(mirrors).map((one) => ({ ...Object(one), sinceMs: [[]] })) }),
        ],
        [
          'detector',
          'contents|',
          ({ shelves }) => ({
            shelves: listed(shelves).map(([name, shelf]) => [name, { ...Object(shelf), reading: 5 }]),
          }),
        ],
      ];
      const spoilt = path();
      copyFileSync(file, spoilt);
      const db = new DatabaseSync(spoilt);
      const counts = changes.map(([table, prefix, change]) => {
        const rows = db.prepare(`SELECT key, value FROM "${table}"`).all();
        const own = rows.filter(({ key }) => String(key).startsWith(prefix));
        for (const { key, value } of own) {
          const fields = JSON.parse(
            value instanceof Uint8Array ? inflateRawSync(value).toString() : String(value),
          ) as Fields;
          const text = JSON.stringify({ ...fields, ...change(fields) });
          db.prepare(`UPDATE "${table}" SET value = ? WHERE key = ?`).run(text, key ?? null);
        }
        return own.length;
      });
      db.close();
      expect(counts).not.toContain(0);
      const again = opened(spoilt);
      await withDaemon([receiver.url], again.store, async (real) => {
        for (const page of ['/', '/mirrors/near', '/metrics', '/api/v1/verdicts'])
          expect([page, (await real.get(page)).status]).toEqual([page, 200]);
        await enough(real, 5);
        expect(real.log()).not.toContain('defect');
      });
    });

    test.each(['null', '{}', 'no JSON'])(
      '%s: they are set aside, counted and said, and every page is there',
      async (value) => {
        const spoilt = path();
        copyFileSync(file, spoilt);
        const db = new DatabaseSync(spoilt);
        let count = 0;
        for (const table of tables.filter((one) => one !== 'aside'))
          count += Number(db.prepare(`UPDATE "${table}" SET value = ? WHERE key != 'schema'`).run(value).changes);
        db.close();
        const again = opened(spoilt);
        await withDaemon([receiver.url], again.store, async (real) => {
          await enough(real, 5);
          for (const page of ['/', '/api/v1/findings?state=all', '/api/v1/advice?state=all', '/metrics', '/-/ready'])
            expect([page, (await real.get(page)).status]).toEqual([page, 200]);
          expect(await metric(real, 'mirrorwatch_state_set_aside_total{what="row"}')).toBe(again.store.rowsAside?.());
        });
        expect(count).toBeGreaterThan(10);
        // An empty mapping is all that a row of table `seen` holds, and of what was told of a finding.
        expect(again.store.rowsAside?.() ?? 0).toBeGreaterThan(10);
      },
    );
  });

  test('whose disk is full: the daemon goes on watching and says so', async () => {
    const { store } = opened(path(), 120_000);
    await mirrors.near.setFault({ kind: 'status', status: 500, body: 'x' });
    await withDaemon([], store, async (real) => {
      // Routine rows wait for some seconds before they are written.
      const words = 'state cannot be written; watching goes on';
      await real.until('it says so', async () => Promise.resolve(real.log().includes(words)));
      expect(await metric(real, 'mirrorwatch_state_writable')).toBe(0);
      const before = (await metric(real, attempts('far'))) ?? 0;
      await enough(real, before + 5);
      expect((await real.get('/-/ready')).status).toBe(200);
      expect((await real.get('/')).status).toBe(200);
    });
  });

  test('that cannot be written from the start: the daemon goes on watching and says so', async () => {
    const folder = stateDir('state');
    writeFileSync(join(folder, 'a-file'), '');
    const { store, notes } = opened(join(folder, 'a-file', 'mirrorwatch.db'));
    expect(notes).toEqual([expect.stringContaining('cannot be written')]);
    await withDaemon([], store, async (real) => {
      await enough(real, 5);
      expect(await metric(real, 'mirrorwatch_state_writable')).toBe(0);
      expect((await real.get('/-/ready')).status).toBe(200);
    });
  });
});
