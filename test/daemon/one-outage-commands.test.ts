import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type FakeMirror, startFakeMirror } from '../support/fake-mirror.ts';
import type { Fault } from '../support/faults.ts';
import { goDownload } from '../support/go-client.ts';
import { tempDir } from '../support/paths.ts';
import { real } from '../support/requires.ts';
import { type Ran, run } from '../unit/cli/run-program.ts';
import { type RealDaemon, startRealDaemon } from './real-daemon.ts';

// What `advice`, `rank` and `explain` say about one outage, beside the daemon's findings. More faults in simulated time:
// one-outage.test.ts.

interface Row {
  readonly fault: Fault;
  /** Paths that fail; absent: all. */
  readonly path?: RegExp;
  readonly cause: string;
  /** The module that the client misses. */
  readonly module: string;
}

const whole = 'example.com/hello@v1.0.0';
const other = 'example.com/tags@v1.0.0';
const throttles: Fault = { kind: 'status', status: 429, headers: { 'retry-after': '60' } };

const rows: Readonly<Record<string, Row>> = {
  'the connection is refused': { fault: { kind: 'refuse' }, cause: 'refused', module: whole },
  '429 for a minute': { fault: throttles, cause: 'throttled', module: whole },
  'the zip of one module is truncated': {
    fault: { kind: 'close-mid-body' },
    path: /\/tags\/.*\.zip$/,
    cause: 'cut',
    module: other,
  },
};

type FindingSeen = { readonly registry: string; readonly cause: string };

interface AdviceSeen {
  readonly state: string;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
  readonly remedy: Readonly<Record<string, string>>;
}

interface Ranked {
  readonly rows: readonly { readonly registry: string; readonly reason: string | null }[];
  readonly remedy: string | null;
}

interface Explained {
  readonly errors: readonly {
    readonly reason: string | null;
    readonly observed: readonly FindingSeen[];
    readonly next: string;
    readonly run: readonly string[];
  }[];
}

const json = <T>({ out }: Ran): T => JSON.parse(out) as T;

real('one outage, by the commands', ['go'], () => {
  let daemon: RealDaemon | null = null;
  let mirrors: readonly FakeMirror[] = [];
  const folder = tempDir('one-outage');
  afterEach(async () => {
    await daemon?.daemon.stop();
    daemon = null;
    for (const mirror of mirrors) await mirror.close();
  });
  const api = async <T>(path: string): Promise<T> =>
    JSON.parse((await daemon?.get(`/api/v1/${path}`))?.text ?? '') as T;

  test.each(Object.entries(rows))('%s', async (_name, { fault, path, cause, module }) => {
    mirrors = await Promise.all(['a', 'b', 'c'].map(() => startFakeMirror()));
    const [a, , c] = mirrors;
    // On a busy machine, one of two equal mirrors can seem faster to `rank`.
    c?.setDelay(700);
    const yaml = `
listen: 127.0.0.1:0
schedule: { every: 500ms, timeout: 4s, perHost: 8 }
steps: { list: 1s, info: 1s, latest: 1s, zip: 1s }
mirrors:
${mirrors.map(({ url }, at) => `  - { name: ${'abc'[at]}, ecosystem: go, url: "${url}", weight: ${100 - at} }`).join('\n')}
clients: { go: "${mirrors[0]?.url},${mirrors[1]?.url},direct" }
modules: { go: [ ${whole}, ${other} ] }
go: { sumdb: off }
state: { path: ":memory:" }
`;
    daemon = await startRealDaemon(yaml);
    const url = String(daemon.daemon.url);
    const config = join(folder, 'mirrorwatch.yaml');
    writeFileSync(config, yaml);
    await daemon.until('all are up', async () => {
      const { mirrors: seen } = await api<{ mirrors: readonly { state: string }[] }>('mirrors');
      return seen.every(({ state }) => state === 'up');
    });
    await a?.setFault(fault, path === undefined ? {} : { path });
    // Until `b` has proven itself, the advice is that no switch can be advised. It may precede the finding.
    await daemon.until('advice and a finding', async () => {
      const { advice } = await api<{ advice: readonly AdviceSeen[] }>('advice');
      const { findings } = await api<{ findings: readonly FindingSeen[] }>('findings');
      return advice.some(({ state }) => state === 'proposed') && findings.length > 0;
    });
    // The counts in a sentence may have grown between the two.
    const named = new RegExp(`^ *a .*(?:\\(${cause}(?:, HTTP \\d{3})?\\)|throttles)`, 'm');
    // A machine that stands still for seconds can make `rank` see another order once, and the daemon a slow mirror.
    const picture = async () => {
      const shown = await run(['advice', '--url', url]);
      const { rows, remedy } = json<Ranked>(await run(['rank', 'go', module, '--config', config, '--json']));
      const { errors } = await goDownload([module], { goproxy: String(a?.url) });
      const explained = json<Explained>(await run(['explain', '--url', url, '--json', ...errors])).errors;
      const { findings } = await api<{ findings: readonly FindingSeen[] }>('findings');
      const { advice } = await api<{ advice: readonly AdviceSeen[] }>('advice');
      const setting = String(Object.values(advice[0]?.remedy ?? {})[0]);
      return {
        findings: [...new Set(findings.map((one) => `${one.registry} ${one.cause}`))],
        advice: advice.map(({ state, from, to, reason }) => [state, from, to, named.exec(reason) !== null]),
        advised: setting.split(/[',]/)[1],
        shown: [shown.code, named.exec(shown.out) !== null, shown.out.includes(setting)],
        ranked: [remedy?.split(/[',]/)[1], rows.find(({ registry }) => registry === 'a')?.reason],
        explained: explained.map(({ reason, observed }) => [reason, observed.map((one) => [one.registry, one.cause])]),
        next: [explained[0]?.run[0], explained[0]?.next.includes('advice')],
      };
    };
    const b = mirrors[1]?.url;
    await expect.poll(picture).toEqual({
      findings: [`a ${cause}`],
      advice: [['proposed', 'a', 'b', true]],
      // The setting of the advice, and none that still begins with the mirror that fails.
      advised: b,
      shown: [1, true, true],
      ranked: [b, cause],
      explained: [[cause, [['a', cause]]]],
      next: ['mirrorwatch advice', true],
    });
  });
});
