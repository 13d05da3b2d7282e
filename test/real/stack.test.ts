import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type FleetReport, readReport } from '../../src/features/fleet/report.ts';
import { systemClock } from '../../src/io/clock.ts';
import { removeTempDir, repoDir, tempDir } from '../support/paths.ts';
import { patienceMs, until } from '../support/patience.ts';
import { compileCacheOf, type RunningProcess, run, startProcess } from '../support/process.ts';
import { real } from '../support/requires.ts';

/** By a V8 flag of its own: in one compile cache with its daemons, it and they would compile anew what the other stored. */
const program = ['--heap-growing-percent=25', join(repoDir, 'tools/stack.ts')];

let stack: RunningProcess | null = null;
let folder: string | null = null;

afterEach(async () => {
  await stack?.close();
  if (folder) removeTempDir(folder);
  stack = null;
  folder = null;
});

/** `npm run stack` in a temporary folder of its own, up. */
async function startStack(...args: string[]): Promise<(name: string) => string> {
  folder = tempDir('stack');
  stack = await startProcess({
    name: 'stack',
    command: process.execPath,
    args: [...program, ...args],
    env: { ...compileCacheOf('run'), TMPDIR: folder },
    cwd: folder,
    ready: ({ log }) => log().includes('Ctrl-C ends it'),
  });
  return (name) => new RegExp(`^${name} +(http://[^/]+)/`, 'm').exec(stack?.log() ?? '')?.[1] ?? '';
}

const json = async <T>(url: string): Promise<T> =>
  (await (await fetch(url, { signal: AbortSignal.timeout(patienceMs) })).json()) as T;

/** Command lines of processes that name our folder. */
const leftovers = (): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return folder !== null && line.includes(folder) ? [line] : [];
      } catch {
        return [];
      }
    });

function rulesInFiles(): number {
  type File = { groups: readonly { rules: readonly unknown[] }[] };
  const files = readdirSync(join(repoDir, 'alerts')).filter((name) => name.endsWith('.yml'));
  const groups = files.flatMap((name) => (parse(readFileSync(join(repoDir, 'alerts', name), 'utf8')) as File).groups);
  return groups.reduce((sum, { rules }) => sum + rules.length, 0);
}

real('npm run stack', ['prometheus', 'alertmanager', 'victoria'], () => {
  it('scrapes every part, loads every rule, finds Alertmanager, has data, and takes its parts along when it is killed', async () => {
    const urlOf = await startStack();
    const [prometheus, alertmanager] = ['prometheus', 'alertmanager'].map(urlOf);

    type Targets = { data: { activeTargets: readonly { labels: Record<string, string>; health: string }[] } };
    const targets = await until(
      'three targets up',
      () => json<Targets>(`${prometheus}/api/v1/targets`),
      ({ data: { activeTargets } }) =>
        activeTargets.length === 3 && activeTargets.every(({ health }) => health === 'up'),
    );
    const seen = targets.data.activeTargets.map(({ labels: { job, vantage }, health }) => ({ job, vantage, health }));
    expect(seen.sort((a, b) => String(a.job).localeCompare(String(b.job)))).toEqual([
      { job: 'alertmanager', vantage: undefined, health: 'up' },
      { job: 'mirrorwatch', vantage: 'stack', health: 'up' },
      { job: 'prometheus', vantage: undefined, health: 'up' },
    ]);

    type Rules = { data: { groups: readonly { rules: readonly { health: string; lastError?: string }[] }[] } };
    const rulesNow = async () =>
      (await json<Rules>(`${prometheus}/api/v1/rules`)).data.groups.flatMap(({ rules }) => rules);
    const rules = await until('a rule evaluated', rulesNow, (all) => all.some(({ health }) => health === 'ok'));
    expect(rules).toHaveLength(rulesInFiles());
    // Groups with a long interval have not had their turn yet.
    expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
    expect(rules.map(({ health }) => health)).toContain('ok');

    type Managers = { data: { activeAlertmanagers: readonly { url: string }[] } };
    const managers = await until(
      'an Alertmanager',
      () => json<Managers>(`${prometheus}/api/v1/alertmanagers`),
      ({ data }) => data.activeAlertmanagers.length > 0,
    );
    expect(managers.data.activeAlertmanagers).toEqual([{ url: `${alertmanager}/api/v2/alerts` }]);
    const receivers = await json<readonly { name: string }[]>(`${alertmanager}/api/v2/receivers`);
    expect(receivers.map(({ name }) => name).sort()).toEqual(['mirrorwatch', 'people']);

    type Vector = { data: { result: readonly { metric: { registry: string } }[] } };
    const query = encodeURIComponent('sum by (registry) (mirror_probe_rtt_seconds_count) > 0');
    const known = await until(
      'data of both mirrors',
      () => json<Vector>(`${prometheus}/api/v1/query?query=${query}`),
      (answer) => answer.data.result.length === 2,
    );
    expect(known.data.result.map(({ metric }) => metric.registry).sort()).toEqual(['far', 'near']);

    // Without a word.
    expect(leftovers()).not.toEqual([]);
    stack?.child.kill('SIGKILL');
    await until('nothing is left', leftovers, (lines) => lines.length === 0);
  });

  it('with three places: each has its fault, both stores say so, and it ends clean on Ctrl-C', async () => {
    const urlOf = await startStack('--places', '3');
    const wanted = [
      /^near: down from fra alone.*(?:: the cause is the network path of fra or the server reached from there, not the whole mirror|, so the cause may be the mirror itself)$/,
      /^third: down from sgp alone.*(?:: the cause is the network path of sgp or the server reached from there, not the whole mirror|, so the cause may be the mirror itself)$/,
    ];
    // A problem while the store has no series yet.
    const agrees = ({ sentences }: Partial<FleetReport>): boolean =>
      wanted.every((one) => sentences?.mirrors.some(({ text }) => one.test(text)));
    const { places } = await until(
      'the faults of fra and sgp',
      () => json<FleetReport>(`${urlOf('all places')}/api/v1/fleet`),
      agrees,
    );
    expect(places.map(({ name, labels, troubles }) => ({ name, labels, troubles }))).toEqual(
      ['ams', 'fra', 'sgp'].map((name) => ({
        name,
        labels: { group: 'demo', network: name, page: urlOf(name) },
        troubles: [],
      })),
    );
    const store = { url: urlOf('victoria'), headers: {}, token: null, tls: {}, limitMs: patienceMs };
    const read = () => readReport({ store, link: '' }, systemClock);
    await until('the same from VictoriaMetrics', read, (found) => found.tag === 'ok' && agrees(found.value));

    expect(leftovers()).not.toEqual([]);
    const ended = new Promise((resolve) => stack?.child.once('exit', (code, signal) => resolve(code ?? signal)));
    stack?.child.kill('SIGINT');
    expect(await ended).toBe(0);
    expect(stack?.log()).toMatch(/\nstopped\n$/);
    expect(leftovers()).toEqual([]);
    expect(readdirSync(folder ?? '/')).toEqual([]);
    for (const name of ['ams', 'all places']) await expect(fetch(`${urlOf(name)}/-/healthy`)).rejects.toThrow();
  });

  it('says what to install where a part is missing', async () => {
    const answer = await run(process.execPath, program, { env: { PATH: '/nonexistent' } });
    expect(answer).toEqual({
      code: 2,
      stdout: '',
      stderr: 'stack: needs Prometheus and Alertmanager: apt install prometheus prometheus-alertmanager\n',
    });
  });
});
