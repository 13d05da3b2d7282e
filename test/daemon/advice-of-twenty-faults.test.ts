import { afterEach, expect, test } from 'vitest';
import { expectGolden } from '../unit/cli/golden.ts';
import { type Behaviour, refuses, type Script } from './scripted-wire.ts';
import { type AdviceShown, adviceOf } from './told.ts';
import { startWorld, stopWorlds } from './world.ts';

afterEach(stopWorlds);

/** When each fault begins, and when after it the advice is read. */
const faultAtSeconds = 180;
const readAtSeconds = [5, 10, 15, 30, 60, 90, 120, 300];

const usualMs: Readonly<Record<string, number>> = { near: 40, far: 82, third: 95 };

function configuration({ separator, more }: { readonly separator: ',' | '|'; readonly more: string }): string {
  return `
vantage: here
listen: 127.0.0.1:10120
schedule: { every: 5s, timeout: 4s, perHost: 4 }
steps: { list: 60s, info: 60s, latest: 60s, zip: { every: 60s, timeout: 8s } }
mirrors:
  - { name: near, ecosystem: go, url: "https://near.example.com", weight: 100 }
  - { name: far, ecosystem: go, url: "https://far.example.net/goproxy", weight: 90 }
  - { name: third, ecosystem: go, url: "https://third.example.org", weight: 80 }
clients: { go: "https://near.example.com${separator}https://far.example.net/goproxy,direct" }
modules: { go: [ "example.com/hello@v1.0.0", "example.com/tags@v1.0.0" ] }
go: { sumdb: off }
detect: { spike: { warmup: 6 } }
state: { path: /nowhere/state.db }
${more}
`;
}

/** What near does from the fault on; `null`: as usual. */
type Fault = (path: string, seconds: number, count: number) => Behaviour | null;

interface Case {
  readonly fault: Fault;
  readonly separator?: ',' | '|';
  readonly more?: string;
}

const always =
  (does: Behaviour): Fault =>
  () =>
    does;
const at =
  (part: string, does: Behaviour): Fault =>
  (path) =>
    path.includes(part) ? does : null;

const page = '<!doctype html><html><body>Please sign in</body></html>';
const cut: Behaviour = { code: 'ECONNRESET', phase: 'transfer', afterMs: 60 };

const faults: Readonly<Record<string, Case>> = {
  'the connection is refused': { fault: always(refuses) },
  'it hangs': { fault: always('hangs') },
  'it hangs, behind |': { fault: always('hangs'), separator: '|' },
  '3 s of latency': { fault: always(3_000) },
  '900 ms of latency': { fault: always(900) },
  '300 ms of latency': { fault: always(300) },
  '503 to everything': { fault: always({ status: 503, body: 'down' }) },
  '429 with Retry-After: 120': {
    fault: always({ status: 429, headers: { 'retry-after': '120' }, body: 'slow down' }),
  },
  '403 to everything': { fault: always({ status: 403, body: 'denied' }) },
  'every connection is reset': { fault: always({ code: 'ECONNRESET', phase: 'processing', afterMs: 20 }) },
  'every body is cut': { fault: always(cut) },
  'a page of HTML in place of every zip, behind |': {
    fault: at('.zip', { status: 200, headers: { 'content-type': 'text/html' }, body: page }),
    separator: '|',
  },
  'every zip is cut': { fault: at('.zip', cut) },
  'a zip takes 7 s': { fault: at('.zip', 7_000) },
  'a page of HTML in place of everything': {
    fault: always({ status: 200, headers: { 'content-type': 'text/html' }, body: page }),
  },
  'the certificate has expired': { fault: always({ code: 'CERT_HAS_EXPIRED', phase: 'tls', afterMs: 30 }) },
  'every fourth request is reset': {
    fault: (_path, _seconds, count) =>
      count % 4 === 0 ? { code: 'ECONNRESET', phase: 'processing', afterMs: 20 } : null,
  },
  'one module of two is gone': { fault: at('/tags/', { status: 500, body: 'oops' }) },
  'down for 60 s, and well again': { fault: (_path, seconds) => (seconds < 60 ? refuses : null) },
  'slow for 60 s, then dead': { fault: (_path, seconds) => (seconds < 60 ? 900 : refuses) },
};

function scriptOf(fault: Fault): Script {
  let count = 0;
  return ({ registry, path, atMs }) => {
    const seconds = atMs / 1000 - faultAtSeconds;
    if (registry !== 'near' || seconds < 0) return usualMs[registry] ?? 100;
    count += 1;
    return fault(path, seconds, count) ?? usualMs['near'] ?? 40;
  };
}

/** What depends on when each probe is due, as `#`: counts, spans, and the example of several targets. */
const ofSchedule: readonly (readonly [RegExp, string])[] = [
  [/\b\d+ of \d+ probes\b/g, '# of # probes'],
  [/\b\d+ probes\b/g, '# probes'],
  [/\b\d+ in a row\b/g, '# in a row'],
  [/\bCompared \d+ times\b/g, 'Compared # times'],
  [/\b(in|of) the last \d+ (s|min)\b/g, '$1 the last #'],
  [/\brequest is in \d+ (s|min)\b/g, 'request is in #'],
  [/\b\d+ (s|min) more at least\b/g, '# more at least'],
  [/\bgiven \d+ more good\b/g, 'given # more good'],
  // Only where it answered every one.
  [/\banswered (\d+) of \1\b/g, 'answered # of #'],
  [/\bfailed \(\d+ %\)/g, 'failed (# %)'],
  [/, such as \w+ of /g, ', such as # of '],
];

/** The longest that clients of a faulty mirror wait for advice. */
const firstSecondsMax = 30;

/** What is advised of a fault, in sentences: whenever it says something else. */
async function toldOf(name: string, { fault, separator = ',', more = '' }: Case): Promise<string> {
  const world = await startWorld({ yaml: configuration({ separator, more }), script: scriptOf(fault) });
  await world.seconds(faultAtSeconds);
  const lines: string[] = [];
  let passed = 0;
  for (const seconds of readAtSeconds) {
    await world.seconds(seconds - passed);
    passed = seconds;
    const [advice] = (await adviceOf(world)) as readonly (AdviceShown & { reason: string })[];
    if (advice === undefined) continue;
    if (lines.length === 0) expect([name, seconds <= firstSecondsMax]).toEqual([name, true]);
    const said = ofSchedule.reduce((text, [what, put]) => text.replace(what, put), advice.reason);
    const line = `  ${advice.state}, ${advice.cause}: ${said}`;
    if (line !== lines.at(-1)) lines.push(line);
  }
  await world.stop();
  return [`${name}:`, ...lines].join('\n');
}

test('twenty pieces of advice of twenty faults say what happened, and nothing that was not measured (UPDATE_GOLDEN=1 rewrites)', async () => {
  expect(Object.keys(faults)).toHaveLength(20);
  const told: string[] = [];
  for (const [name, one] of Object.entries(faults)) told.push(await toldOf(name, one));
  expectGolden('advice-of-twenty-faults.golden.txt', `${told.join('\n\n')}\n`);
});
