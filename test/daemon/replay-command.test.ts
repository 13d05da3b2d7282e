import { copyFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { inflateRawSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/io/store.ts';
import { stateDir } from '../support/paths.ts';
import { table } from '../support/table.ts';
import { englishLeft } from '../unit/cli/english-left.ts';
import { type Ran, run } from '../unit/cli/run-program.ts';
import { epochMs } from './manual-time.ts';
import type { Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { startWorld, stopWorlds } from './world.ts';

/** `a` takes ten times as long from the second minute on. */
const slow: Script = (asked) => (asked.registry === 'a' && asked.atMs >= 120_000 ? 400 : well(asked));

const dir = stateDir('replay-command');
const state = join(dir, 'state.db');
const config = join(dir, 'mirrorwatch.yaml');
const window = ['--since', new Date(epochMs).toISOString(), '--until', new Date(epochMs + 900_000).toISOString()];

writeFileSync(config, `# ours\n${threeMirrors()}`);
const world = await startWorld({
  yaml: threeMirrors(),
  script: slow,
  ports(ports) {
    const opened = openStore(state, { clock: ports.clock });
    if (opened.tag === 'error') throw new Error(opened.error.kind);
    return { ...ports, store: opened.value.store };
  },
});
await world.seconds(900);

afterAll(() => stopWorlds());

const replay = (...more: string[]): Promise<Ran> =>
  run(['replay', '--config', config, '--state', state, ...window, ...more]);

interface Shown {
  readonly set: Readonly<Record<string, string>>;
  readonly changedKeys: readonly string[];
  readonly history: Readonly<Record<string, number | string>>;
  readonly really: Side;
  readonly current: Side;
  readonly changed: Side | null;
}

interface Side {
  readonly advice: readonly { readonly issuedAt: string; readonly from: string; readonly to: string }[];
  readonly moves: number;
  readonly awaySeconds: number;
  readonly fetchCostSeconds: number | null;
}

describe('mirrorwatch replay, beside the daemon that holds the file', () => {
  test('in Chinese, with the same JSON', async () => {
    const set = ['--set', 'advise.minGain=90%'];
    const told = await replay(...set, '--lang', 'zh');
    expect(told.code).toBe(0);
    expect(told.out).toContain('推演的局限');
    expect(englishLeft(told.out.replaceAll(dir, ''))).toEqual([]);
    expect((await replay(...set, '--json', '--lang', 'zh')).out).toBe((await replay(...set, '--json')).out);
  });

  test('one table of what was and would have been advised, what it comes to, and what it cannot know', async () => {
    const { code, out, err } = await replay('--set', 'advise.minGain=90%');
    expect([code, err]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`${state}, 2026-01-01 00:00:00 to 2026-01-01 00:15:00 (UTC)`);
    expect(lines[1]).toBe('changed: advise.minGain=90%');
    const rows = lines.filter((line) => / (actual|current settings|changed settings) +go\/go/.test(line));
    expect(rows.map((line) => line.slice(21).split(/ {2,}/))).toEqual([
      ['actual', 'go/go', 'a', 'b', 'slower', expect.any(String), '0.21 s', 'still valid at the end'],
      ['current settings', 'go/go', 'a', 'b', 'slower', expect.any(String), '0.21 s', 'still valid at the end'],
    ]);
    const sums = lines
      .filter((line) => /^(actual|current settings|changed settings) /.test(line))
      .map((line) => line.split(/ {2,}/));
    expect(sums.map(([name, advice, moves]) => [name, advice, moves])).toEqual([
      ['actual', '1', '1'],
      ['current settings', '1', '1'],
      ['changed settings', '0', '0'],
    ]);
    expect(out).toContain('Limit of a replay');
    expect(out).toMatch(/\d+ of the results come from extra probes after a suspicious result\./);
    expect(out).not.toContain('none from before');
  });

  test('--json is the same as data', async () => {
    const { code, out } = await replay('--set', 'advise.minGain=90%', '--set', 'advise.hold=2m', '--json');
    expect(code).toBe(0);
    const shown = JSON.parse(out) as Shown;
    expect(shown.set).toEqual({ 'advise.minGain': '90%', 'advise.hold': '2m' });
    expect(shown.changedKeys).toEqual(['advise']);
    expect(shown.current.advice).toMatchObject([{ from: 'a', to: 'b' }]);
    expect(shown.really.advice.map(({ issuedAt }) => issuedAt.slice(0, 21))).toEqual(
      shown.current.advice.map(({ issuedAt }) => issuedAt.slice(0, 21)),
    );
    expect(shown.changed).toMatchObject({ advice: [], moves: 0, awaySeconds: 0 });
    expect(shown.current.awaySeconds).toBeGreaterThan(700);
    expect(shown.changed?.fetchCostSeconds).toBeGreaterThan(shown.current.fetchCostSeconds ?? 9);
    expect(shown.history).toMatchObject({ leftOut: 0, otherSettings: 0, starts: 1, gaps: 0, pauses: 0 });
    // Three mirrors, each 5 s, and the steps beside.
    expect(shown.history['answers']).toBeGreaterThan(500);
  });

  test('a window shorter than the longest pace has a cost too: of responses from before it', async () => {
    const since = new Date(epochMs + 890_000).toISOString();
    const { out } = await run([
      'replay',
      '--config',
      config,
      '--state',
      state,
      ...['--since', since],
      ...window.slice(2),
      '--json',
    ]);
    const { history, really } = JSON.parse(out) as Shown;
    expect(history['fetches']).toBeGreaterThan(0);
    expect(really.fetchCostSeconds).toBeGreaterThan(0);
  });

  test('an end in the future is now: nothing can have happened after', async () => {
    const { out } = await replay('--until', '2999-01-01');
    expect(out.split('\n')[0]).not.toContain('2999');
  });

  test('a key that is as it was changes nothing, and that is said', async () => {
    const { code, out } = await replay('--set', 'advise.minGain=20%');
    expect(code).toBe(0);
    expect(out).toContain('advise.minGain=20% changes nothing: these values are already in force');
    const { changed } = JSON.parse((await replay('--set', 'advise.minGain=20%', '--json')).out) as Shown;
    expect(changed).toBeNull();
  });

  test('without --set: what was advised, and what would be now', async () => {
    const { code, out } = await replay();
    expect(code).toBe(0);
    expect(out).not.toContain('changed');
  });

  test('a chain with a password is masked', async () => {
    const { code, out, err } = await replay('--set', 'clients.go=https://bob:hunter2@b.example.net/goproxy,direct');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('***@b.example.net');
    expect(out).not.toContain('hunter2');
  });
});

describe('wrong usage and configuration are 2', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = table('daemon/replay-command', 'rows');
  test.each(rows)('%s', async (_, more, said) => {
    const { code, out, err } = await run(['replay', '--config', config, '--state', state, ...more]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
  });

  test('further back than anything is kept', async () => {
    const { code, err } = await run(['replay', '--config', config, '--since', '31d']);
    expect(code).toBe(2);
    expect(err).toContain('--since 31d is older than state.keep (30d): results of that time are deleted');
  });

  test('a short state.keep bounds the usual week, and is no mistake', async () => {
    const short = join(dir, 'short.yaml');
    writeFileSync(short, threeMirrors().replace('/nowhere/state.db }', `${join(dir, 'none.db')}, keep: 2h }`));
    const { code, err } = await run(['replay', '--config', short]);
    expect([code, err.includes('there is no state file')]).toEqual([1, true]);
  });

  test('a configuration that is none', async () => {
    const bad = join(dir, 'bad.yaml');
    writeFileSync(bad, 'advise: { minGain: much }\n');
    const { code, err } = await run(['replay', '--config', bad, '--state', state]);
    expect([code, err.includes('advise.minGain')]).toEqual([2, true]);
  });
});

describe('a state file that cannot be replayed is 1, said in words', () => {
  /** A copy of the file as the daemon will leave it. */
  const copy = (name: string): string => {
    const path = join(dir, name);
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE "meta" (key TEXT PRIMARY KEY, at_ms REAL NOT NULL, value TEXT NOT NULL)');
    db.exec(`INSERT INTO meta VALUES ('schema', 0, '{"version":2}')`);
    db.close();
    return path;
  };
  const rows: readonly (readonly [string, () => string, string])[] = [
    ['absent', () => join(dir, 'nowhere.db'), 'there is no state file'],
    ['a folder', () => dir, 'the file is not a state file of mirrorwatch'],
    [
      'empty',
      () => {
        writeFileSync(join(dir, 'empty.db'), '');
        return join(dir, 'empty.db');
      },
      'the file is not a state file of mirrorwatch',
    ],
    ['text', () => config, 'the state file is corrupt'],
    [
      'of a newer release',
      () => {
        const path = copy('newer.db');
        const db = new DatabaseSync(path);
        db.exec(`UPDATE meta SET value = '{"version":99}'`);
        db.close();
        return path;
      },
      'the state file was written by a newer release (version 99; this release reads up to 3)',
    ],
    [
      'torn in half',
      () => {
        const path = join(dir, 'torn.db');
        const { clock } = world.time;
        const opened = openStore(path, { clock });
        if (opened.tag === 'error') throw new Error(opened.error.kind);
        const rowAt = (at: number) =>
          ({ table: 'answer', key: `a${at}`, atMs: epochMs + at, value: 'x'.repeat(3_000) }) as const;
        opened.value.store.commit({ puts: Array.from({ length: 100 }, (__, at) => rowAt(at)), deletes: [] });
        opened.value.store.close();
        truncateSync(path, Math.floor(readFileSync(path).length / 2));
        return path;
      },
      'the state file is corrupt',
    ],
    ['of an older release', () => copy('old.db'), 'the state file has no stored results: they are stored from'],
    [
      'with a trigger, which may never end',
      () => {
        const path = copy('trigger.db');
        const db = new DatabaseSync(path);
        db.exec('CREATE TRIGGER t BEFORE INSERT ON meta BEGIN SELECT 1; END');
        db.close();
        return path;
      },
      'the file is not a state file of mirrorwatch',
    ],
  ];
  test.each(rows)('%s', async (_, path, said) => {
    const { code, out, err } = await run(['replay', '--config', config, '--state', path(), ...window]);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(said);
  });

  test('no answers in the window: since when there are some', async () => {
    const at = ['--since', '2025-12-01T00:00Z', '--until', '2025-12-02T00:00Z'];
    const { code, err } = await run(['replay', '--config', config, '--state', state, ...at]);
    expect(code).toBe(1);
    expect(err).toContain('the state file has no results of that time; the oldest is from 2026-01-01T00:00:0');
  });
});

describe('a state file of a stranger', () => {
  type Stored = { at: number[]; entries: number[][]; life: unknown[] };
  /** A copy of the state file with one changed row. */
  function changed(name: string, table: 'answer' | 'advice', change: (value: never) => void): string {
    const path = join(dir, `${name}.db`);
    for (const part of ['', '-wal']) copyFileSync(`${state}${part}`, `${path}${part}`);
    const db = new DatabaseSync(path);
    const { key, value: stored } = { ...db.prepare(`SELECT key, value FROM "${table}" ORDER BY at_ms DESC`).get() };
    const value = JSON.parse(stored instanceof Uint8Array ? inflateRawSync(stored).toString() : String(stored));
    change(value as never);
    db.prepare(`UPDATE "${table}" SET value = ? WHERE key = ?`).run(JSON.stringify(value), String(key));
    db.close();
    return path;
  }
  const probed = ({ entries }: Stored) => entries.filter(([, which = -1]) => which >= 0);
  const rows: readonly (readonly [string, (row: Stored) => void])[] = [
    ['whose clock jumps by a month', ({ at }) => at.splice(0, 1, 30 * 86_400_000)],
    ['whose process began at no time', ({ life }) => life.splice(1, 2, null, null)],
    ['whose probes took a month', (row) => probed(row).map((one) => one.splice(4, 1, 300 * 86_400_000))],
    ['with an entry that is none', ({ entries }) => entries.splice(0, 1, null as never)],
  ];
  test.each(rows)('%s is replayed in the end', async (name, change) => {
    const path = changed(name, 'answer', change);
    const { code, out } = await run(['replay', '--config', config, '--state', path, ...window]);
    expect([code, out.includes('slower')]).toEqual([0, true]);
  });

  test('moves no cursor, and reorders no text', async () => {
    const path = changed('escapes', 'advice', (advice: { cause: string }) => {
      advice.cause = '\u001b[2Jslower\u202e';
    });
    const { code, out } = await run(['replay', '--config', config, '--state', path, ...window]);
    expect([code, out.includes('?[2Jslower?'), /[\p{C}]/u.test(out.replaceAll('\n', ''))]).toEqual([0, true, false]);
  });

  test('with advice of another form, or of no time, is replayed without it', async () => {
    for (const [name, change] of Object.entries({
      form: (advice: { chain?: unknown }) => delete advice.chain,
      time: (advice: { issuedAtMs: number }) => Object.assign(advice, { issuedAtMs: -1e300 }),
    })) {
      const path = changed(name, 'advice', change);
      const { code, out } = await run(['replay', '--config', config, '--state', path, '--json', ...window]);
      expect([name, code, (JSON.parse(out) as Shown).really.advice]).toEqual([name, 0, []]);
    }
  });
});
