import { describe, expect, test } from 'vitest';
import { budgetOf, checkBudget } from '../../../src/config/budget.ts';
import { declaredChainOf } from '../../../src/config/chain.ts';
import { listChangedKeys } from '../../../src/config/changed-keys.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { expandTargets } from '../../../src/schedule/targets.ts';
import { table } from '../../support/table.ts';
import { configOf, expandPlainly, memoryFiles } from './support.ts';

describe('budget', () => {
  test('one mirror and one module at the default paces: each term of the formula', () => {
    const config = configOf('');
    const [budget, ...rest] = budgetOf(config, expandPlainly(config));
    expect(rest).toEqual([]);
    // canary mod 120 an hour; info list latest 12 each; sumdb 2, of ten requests; zip 1
    expect(budget).toEqual({
      host: 'https://a.example.com:443',
      requestsPerHour: 120 + 36 + 2 * 10 + 1,
      bytesPerHour: 120 * 4000 + 12 * (1000 + 20_000 + 1000) + 2 * 26_500 + 2 ** 20,
      unknownSizes: 1,
      slotShare: (120 + 36 + 2 + 10) / 3600 / 2,
      verdict: 'ok',
    });
  });

  test('a measured size takes the place of the usual one', () => {
    const config = configOf('');
    const targets = expandPlainly(config).filter(({ step }) => step === 'zip');
    const sizes = new Map(targets.map(({ id }) => [id, 32_768]));
    expect(budgetOf(config, targets, sizes)).toMatchObject([{ bytesPerHour: 32_768, unknownSizes: 0 }]);
  });

  test('what moves is looked up in the list by each probe of it; a fixed version is not', () => {
    const config = configOf('modules: { go: [ rsc.io/quote@v1.5.2, rsc.io/sampler@latest ] }');
    const of = (version: string) =>
      expandPlainly(config).filter((one) => one.step === 'zip' && one.version === version);
    const [fixed, moving] = [budgetOf(config, of('v1.5.2')), budgetOf(config, of('latest'))];
    expect(fixed).toMatchObject([{ requestsPerHour: 1, bytesPerHour: 2 ** 20 }]);
    expect(moving).toMatchObject([{ requestsPerHour: 3, bytesPerHour: 2 ** 20 + 24_000 }]);
  });

  test('a signed list of a Debian archive leads to a package: one request more', () => {
    const requestsOf = (entry: string, profile: string) => {
      const config = configOf(
        `mirrors: [ { name: a, ecosystem: http, upstream: debian, ${profile} url: "https://a.example.com" } ]
modules: { http: [ ${entry} ] }`,
        {},
        memoryFiles({ '/etc/mirrorwatch/archive.gpg': '\u0006' }),
      );
      const wholes = expandTargets(config).filter(({ step }) => step === 'whole');
      return budgetOf(config, wholes).map(({ requestsPerHour, bytesPerHour }) => [requestsPerHour, bytesPerHour]);
    };
    const signed = '{ upstream: debian, path: dists/stable/InRelease, expect: { signedBy: archive.gpg } }';
    expect(requestsOf(signed, 'profile: debian,')).toEqual([[2, 2 ** 20 + 250_000]]);
    expect(requestsOf(signed, '')).toEqual([[1, 2 ** 20]]);
    expect(requestsOf('dists/stable/InRelease', 'profile: debian,')).toEqual([[1, 2 ** 20]]);
  });

  test('a dozen packages of a lock file: half of what it was (84 MiB an hour, 1609 requests), and less', () => {
    const names = Array.from({ length: 12 }, (_, n) => `p${n}@1.0.0`).join(', ');
    const config = configOf(
      `mirrors: [ { name: a, ecosystem: npm, url: "https://a.example.com" } ]\nmodules: { npm: [ ${names} ] }`,
    );
    const [budget] = budgetOf(config, expandTargets(config));
    expect(budget?.bytesPerHour).toBeLessThan(42 * 2 ** 20);
    expect(budget?.requestsPerHour).toBeLessThan(500);
  });

  test('the canary follows the schedule, other mod targets their step', () => {
    const config = configOf('steps: { mod: 1h }\nmodules: { go: [ rsc.io/quote@v1.5.2, rsc.io/sampler@v1.3.0 ] }');
    const mods = expandPlainly(config).filter(({ step }) => step === 'mod');
    expect(budgetOf(config, mods).map(({ requestsPerHour }) => requestsPerHour)).toEqual([121]);
  });

  test('mirrors of one host are summed, two connections count twice, hosts differ by scheme and port', () => {
    const config = configOf(`mirrors:
  - { name: a, ecosystem: go, url: https://a.example.com/x }
  - { name: b, ecosystem: go, url: https://a.example.com:443/y, connection: both }
  - { name: c, ecosystem: go, url: https://a.example.com:8443 }
  - { name: d, ecosystem: go, url: http://a.example.com }`);
    const canaries = expandPlainly(config).filter(({ canary }) => canary);
    expect(budgetOf(config, canaries).map(({ host, requestsPerHour }) => [host, requestsPerHour])).toEqual([
      ['https://a.example.com:443', 360],
      ['https://a.example.com:8443', 120],
      ['http://a.example.com:80', 120],
    ]);
  });

  test('a cron expression counts by its busiest hour', () => {
    const config = configOf('schedule: { cron: "*/10 8-9 * * *" }');
    const canaries = expandPlainly(config).filter(({ canary }) => canary);
    expect(budgetOf(config, canaries)[0]?.requestsPerHour).toBe(6);
  });

  test.each([
    { url: 'https://a.example.com', share: 'at 80%', perHost: 5, every: '5s', modules: 20, verdict: 'ok' },
    { url: 'https://a.example.com', share: 'above', perHost: 5, every: '5s', modules: 21, verdict: 'over' },
    {
      url: 'http://127.0.0.1:1',
      share: 'above, on loopback',
      perHost: 5,
      every: '5s',
      modules: 21,
      verdict: 'over_loopback',
    },
  ])('$share: $verdict', ({ url, perHost, every, modules, verdict }) => {
    const names = Array.from({ length: modules }, (_, at) => `example.com/m${at}@v1.0.0`).join(', ');
    const config = configOf(
      `schedule: { every: ${every}, perHost: ${perHost} }\nmirrors: [ { name: a, ecosystem: go, url: "${url}" } ]\nmodules: { go: [ ${names} ] }`,
    );
    const mods = expandPlainly(config).filter(({ step }) => step === 'mod');
    expect(budgetOf(config, mods).map((budget) => budget.verdict)).toEqual([verdict]);
  });
});

test.each([
  { modules: 31, seen: null },
  { modules: 32, seen: { perSecond: 128, share: '52%' } },
])('the load on the own machine: $modules modules at 4 mirrors each second', ({ modules, seen }) => {
  const names = Array.from({ length: modules }, (_, at) => `example.com/m${at}@v1.0.0`).join(', ');
  const mirrors = [1, 2, 3, 4].map(
    (port) => `  - { name: m${port}, ecosystem: go, url: "http://127.0.0.1:${port}" }\n`,
  );
  const config = configOf(
    `schedule: { every: 1s, perHost: 64 }\nmirrors:\n${mirrors.join('')}modules: { go: [ ${names} ] }`,
  );
  const mods = expandPlainly(config).filter(({ step }) => step === 'mod');
  const warned: unknown[] = [];
  const report = { issues: [], error: () => null, warning: (...issue: unknown[]) => void warned.push(issue) };
  checkBudget(config, mods, new Map(), report);
  const expected = { key: 'expected.ownLoad', values: { most: '50%' } };
  const issue = [['schedule'], expected, expect.objectContaining({ seen: { key: 'load.seenOwn', values: seen } })];
  expect(warned).toEqual(seen === null ? [] : [issue]);
});

describe('the declared chain', () => {
  test.each(
    table<{ readonly name: string; readonly text: string; readonly upstream: string; readonly chain: string }[]>(
      'unit/config/decisions',
      'the declared chain: $name',
    ),
  )('$name', ({ text, upstream, chain }) => expect(declaredChainOf(configOf(text), 'go', upstream)).toBe(chain));
});

/** Steps without a pace of their own, as the file lists them. */
const following = registry.all.flatMap(({ steps }) =>
  Object.keys(steps).flatMap((step) => (steps[step]?.usualPace.everyMs === null ? [`steps.${step}`] : [])),
);

describe('what a reload changed', () => {
  const base = `mirrors:
  - { name: a, ecosystem: go, url: "https://u:one@a.example.com" }
  - { name: b, ecosystem: go, url: https://b.example.com }`;
  const swapped = `mirrors:
  - { name: b, ecosystem: go, url: https://b.example.com }
  - { name: a, ecosystem: go, url: "https://u:one@a.example.com" }`;
  test.each([
    { name: 'nothing', text: base, keys: [], needsRestart: [] },
    {
      name: 'the same in other words',
      text: `# x\nvantage: local\nschedule: { every: 30s }\n${base}`,
      keys: [],
      needsRestart: [],
    },
    { name: 'a secret', text: base.replace('one', 'two'), keys: ['mirrors.a'], needsRestart: [] },
    {
      name: 'a mirror more',
      text: `${base}\n  - { name: c, ecosystem: go, url: https://c.example.com }`,
      keys: ['mirrors.c'],
      needsRestart: [],
    },
    { name: 'a mirror less', text: base.split('\n').slice(0, 2).join('\n'), keys: ['mirrors.b'], needsRestart: [] },
    { name: 'their order', text: swapped, keys: ['mirrors'], needsRestart: [] },
    { name: 'one step', text: `steps: { list: 6m }\n${base}`, keys: ['steps.list'], needsRestart: [] },
    {
      name: 'the pace, and the step that follows it',
      text: `schedule: { every: 40s }\n${base}`,
      keys: ['schedule.pace', ...following],
      needsRestart: [],
    },
    { name: 'the listener', text: `listen: 127.0.0.1:1\n${base}`, keys: ['listen'], needsRestart: ['listen'] },
    { name: 'its token', text: `listen: { token: x }\n${base}`, keys: ['listen'], needsRestart: ['listen'] },
    {
      name: 'where state is',
      text: `state: { path: other.db, keep: 1d }\n${base}`,
      keys: ['state.path', 'state.keepMs'],
      needsRestart: ['state.path'],
    },
    { name: 'how long it is kept', text: `state: { keep: 1d }\n${base}`, keys: ['state.keepMs'], needsRestart: [] },
    { name: 'the checksum database', text: `go: { sumdb: "off" }\n${base}`, keys: ['go.sumdb'], needsRestart: [] },
    {
      name: 'several',
      text: `vantage: x\nadvise: { hold: 1m }\n${base}`,
      keys: ['vantage', 'advise'],
      needsRestart: [],
    },
  ])('$name', ({ text, keys, needsRestart }) =>
    expect(listChangedKeys(configOf(base), configOf(text))).toEqual({ keys, needsRestart }),
  );
});

describe('independence', () => {
  const warned = (...urls: string[]): boolean => {
    const mirrors = urls.map((url, at) => `  - { name: m${at}, ecosystem: go, url: "${url}" }`).join('\n');
    const text = `mirrors:\n${mirrors}\nmodules: { go: [ rsc.io/quote@v1.5.2 ] }`;
    const loaded = loadConfig({ text, path: null, env: {}, files: memoryFiles({}) });
    return loaded.tag === 'ok' && loaded.value.warnings.some(({ path }) => path === 'mirrors');
  };
  test.each(
    table<{ readonly name: string; readonly urls: readonly string[]; readonly warns: boolean }[]>(
      'unit/config/decisions',
      'independence',
    ),
  )('$name', ({ urls, warns }) => expect(warned(...urls)).toBe(warns));
});
