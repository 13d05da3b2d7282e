import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/io/clock.ts';
import { openStore } from '../../src/io/store.ts';
import { schemaVersion } from '../../src/io/store-schema.ts';
import { isSoundRow } from '../../src/state/row-shapes.ts';
import { repoDir, stateDir } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';
import { table } from '../support/table.ts';
import { startWebhookReceiver } from '../support/webhook-receiver.ts';
import { startRealDaemon } from './real-daemon.ts';

interface Release {
  readonly file: string;
  readonly layout: number;
  /** When its daemon ended. */
  readonly endedAt: string;
  readonly findings: Readonly<Record<string, string>>;
  readonly advice: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
}

/** What each file holds; how they were made: test/fixtures/releases/SOURCES.md. */
const releases: readonly Release[] = table('daemon/releases', 'releases');

const folder = join(repoDir, 'test/fixtures/releases');
const yaml = readFileSync(join(folder, 'mirrorwatch.yaml'), 'utf8')
  // No mirror listens: with a long interval what is stored stays as it is.
  .replace(/^(schedule: \{ every: )1s/m, '$130m')
  .replace(/^steps: .*$/m, '');

/** The state file of a release, unpacked into a folder of its own. */
function unpacked(file: string): string {
  const path = join(stateDir('release'), 'state.db');
  writeFileSync(path, gunzipSync(readFileSync(join(folder, `${file}.sqlite.gz`))));
  return path;
}

/** Opens a state file with the code of 0.1.0 itself, in a process of its own. */
async function openBy010(path: string): Promise<object> {
  const code = stateDir('store-0.1.0');
  await mustRun('tar', ['-xzf', join(folder, 'store-0.1.0.tgz'), '-C', code]);
  const from = (file: string): string => `await import('${pathToFileURL(join(code, 'src', file))}')`;
  const script = `
    const { systemClock: clock } = ${from('io/clock.ts')};
    const { isSoundRow: isSound } = ${from('state/row-shapes.ts')};
    const { openStore } = ${from('io/store.ts')};
    const opened = openStore(${JSON.stringify(path)}, { clock, isSound });
    const keys = (store, table) => store.all(table).map(({ key }) => key).sort();
    const read = ({ store, notes }) => ({
      notes, finding: keys(store, 'finding'), advice: keys(store, 'advice'), outbox: keys(store, 'outbox'),
      aside: [store.setAside(), store.rowsAside()],
    });
    console.log(JSON.stringify(opened.tag === 'ok' ? read(opened.value) : opened.error));
    if (opened.tag === 'ok') opened.value.store.close();`;
  return JSON.parse(await mustRun(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]));
}

test('every kept state file has a row here', () => {
  const kept = readdirSync(folder).flatMap((name) => /^(.+)\.sqlite\.gz$/.exec(name)?.[1] ?? []);
  expect(kept).toEqual(releases.map(({ file }) => file));
});

test.each(releases)(
  'a state file of $file: findings, advice, notices and acknowledgements survive',
  async (release) => {
    const path = unpacked(release.file);
    // A minute after the end of that daemon: a day later, its advice would be renewed.
    const fromMs = systemClock.monotonicMs();
    const wallMs = () => Date.parse(release.endedAt) + 60_000 + systemClock.monotonicMs() - fromMs;
    const { monotonicMs } = systemClock;
    const clock = { wallMs, monotonicMs, now: () => ({ wallMs: wallMs(), monotonicMs: monotonicMs() }) };
    const opened = openStore(path, { clock, isSound: isSoundRow });
    if (opened.tag === 'error') throw new Error(opened.error.kind);
    const { store, notes } = opened.value;
    const copies = readdirSync(join(path, '..')).filter((name) => name.includes('.layout-'));
    const isOlder = release.layout < schemaVersion;
    expect(copies).toHaveLength(isOlder ? 1 : 0);
    expect(notes).toEqual(isOlder ? [expect.stringContaining(`.layout-${release.layout}-`)] : []);
    const receiver = await startWebhookReceiver();
    const real = await startRealDaemon(yaml, { OPS_URL: receiver.url }, {}, store, undefined, { ports: { clock } });
    try {
      const { findings } = JSON.parse((await real.get('/api/v1/findings?state=all')).text);
      const states = (all: readonly { id: string; kind?: string; state: string }[]): object =>
        Object.fromEntries(all.map(({ id, kind, state }) => [id, kind === undefined ? state : `${kind} ${state}`]));
      expect(states(findings)).toMatchObject(release.findings);
      const { advice } = JSON.parse((await real.get('/api/v1/advice?state=all')).text);
      expect(states(advice.map(({ id, state }: { id: string; state: string }) => ({ id, state })))).toMatchObject(
        release.advice,
      );
      const ids = (): readonly string[] => receiver.posts.map(({ headers }) => String(headers['webhook-id'])).sort();
      await real.until('pending notices', () => release.notices.every((id) => ids().includes(id)));
      expect(new Set(ids()).size).toBe(ids().length);
    } finally {
      await real.daemon.stop();
      await receiver.close();
    }
    expect([store.setAside?.(), store.rowsAside?.()]).toEqual([0, 0]);
    if (!isOlder) return;
    expect(await openBy010(join(path, '..', copies[0] ?? ''))).toEqual({
      notes: [],
      finding: Object.keys(release.findings).sort(),
      advice: Object.keys(release.advice).sort(),
      outbox: release.notices.map((id) => `ops/${id}`),
      aside: [0, 0],
    });
  },
);

test('the code of 0.1.0 refuses a state file of 1.0, names both layouts, and changes nothing', async () => {
  const path = unpacked('1.0.0');
  const before = readFileSync(path);
  expect(await openBy010(path)).toEqual({ kind: 'newer', path, version: schemaVersion, known: 2 });
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(readdirSync(join(path, '..'))).toEqual(['state.db']);
});
