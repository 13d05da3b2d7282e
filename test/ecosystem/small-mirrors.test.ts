import { afterEach, describe, expect, test } from 'vitest';
import type { DemoResponder } from '../../src/core/demo.ts';
import type { Due } from '../../src/core/due.ts';
import type { Verdict } from '../../src/core/transcript.ts';
import { buildWorkerBook, nothingLearnt } from '../../src/daemon/book.ts';
import { registry } from '../../src/ecosystems/registry.ts';
import { type DemoPair, renderDemoFile } from '../../src/features/demo/file.ts';
import { type DemoMirror, startDemoMirror } from '../../src/features/demo/mirror.ts';
import { systemClock } from '../../src/io/clock.ts';
import { systemTimers } from '../../src/io/timers.ts';
import { expandTargets } from '../../src/schedule/targets.ts';
import { createWire } from '../../src/wire/wire.ts';
import { readConfig } from '../daemon/world.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';

// The small mirrors that `mirrorwatch demo` runs, asked over real sockets as the daemon asks them.

const running: DemoMirror[] = [];
afterEach(() => Promise.all(running.splice(0).map((mirror) => mirror.close())));

async function pairOf(id: string, change: (answers: DemoResponder) => DemoResponder): Promise<DemoPair> {
  const ecosystem = registry.of(id);
  if (ecosystem === null) throw new Error(id);
  const small = await ecosystem.demo();
  const mirror = await startDemoMirror(change(small.respond), 0);
  running.push(mirror);
  const url = `${mirror.url}${small.base}`;
  return { ecosystem, small, near: { name: 'near', url }, far: { name: 'far', url: 'http://127.0.0.9/' } };
}

/** What each step of the near mirror comes to, by the configuration that the demo makes. */
async function probeAll(
  id: string,
  change: (answers: DemoResponder) => DemoResponder = (same) => same,
): Promise<Readonly<Record<string, Verdict>>> {
  const pair = await pairOf(id, change);
  const text = renderDemoFile([pair], {
    port: 10_120,
    folder: '/nowhere',
    door: null,
    receiver: { url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32).toString('base64')}` },
  });
  const read = readConfig(text, {}, {});
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error, null, 1));
  const config = read.value;
  const book = buildWorkerBook({ config, learnt: nothingLearnt, version: '0.0.0-test' });
  const wire = createWire({ clock: systemClock, timers: systemTimers, otherNames: [] });
  const workers = createInlineWorkers({ book, wire, clock: systemClock });
  try {
    const verdicts: Record<string, Verdict> = {};
    for (const target of expandTargets(config, registry).filter(({ registry }) => registry === 'near')) {
      const plannedAtMs = systemClock.monotonicMs();
      const common = { connection: 'cold', purpose: 'once', timeoutMs: 20_000, plannedAtMs, round: null } as const;
      const due: Due = { probeId: `${target.step}0000000000000000`, target, ...common };
      verdicts[target.step] = (await workers.probe(due)).transcript.verdict;
    }
    return verdicts;
  } finally {
    await workers.close();
  }
}

/** `ok`, and what its bytes were held against; else the failure. */
function shown({ outcome, facts }: Verdict): string {
  if (outcome.tag === 'failed') return outcome.failure.kind;
  if (outcome.tag !== 'ok') return outcome.because;
  if (facts.notOffered === true) return 'not offered';
  const { verified, compared } = facts;
  return verified ? `verified: ${verified.against}` : compared ? 'compared' : 'ok';
}

const allShown = async (...args: Parameters<typeof probeAll>): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(Object.entries(await probeAll(...args)).map(([step, verdict]) => [step, shown(verdict)]));

/** What each step comes to. */
const rows: readonly (readonly [id: string, Readonly<Record<string, string>>])[] = [
  // No database knows the module of Go: its hashes stand below.
  ['go', { mod: 'compared', info: 'ok', list: 'ok', latest: 'ok', zip: 'compared' }],
  ['npm', { metadata: 'compared', tags: 'ok', tarball: 'compared', packument: 'ok' }],
  ['pypi', { index: 'ok', simplehtml: 'ok', wheelmeta: 'compared', provenance: 'not offered', file: 'compared' }],
  ['oci', { digest: 'compared', v2: 'ok', manifest: 'verified: pinned', blob: 'verified: pinned' }],
  ['cargo', { crates: 'compared', config: 'ok', crate: 'compared' }],
  ['http', { get: 'verified: pinned', whole: 'verified: pinned', marker: 'ok' }],
];

describe('every step is well', () => {
  test.each(rows)('%s', async (id, want) => expect(await allShown(id)).toEqual(want));

  test('of every ecosystem', () => expect(rows.map(([id]) => id)).toEqual(registry.ids));
});

test('a name that it does not have is not found, whatever it is asked', async () => {
  for (const { id } of registry.all) {
    const { near } = await pairOf(id, (same) => same);
    for (const path of ['/', '/no/such/thing', '//', '/%00', '/__proto__', '/constructor'])
      expect((await fetch(`${new URL(near.url).origin}${path}?q=1`)).status, `${id} ${path}`).toBe(404);
  }
});

test('a head is that of the answer, without its body', async () => {
  const { near, small } = await pairOf('oci', (same) => same);
  const [, digest = ''] = String(small.module).split('@');
  const ask = `${near.url}/v2/hello/manifests/${digest}?ns=registry.example.com`;
  const [head, whole] = [await fetch(ask, { method: 'HEAD' }), await fetch(ask)];
  const body = await whole.text();
  expect(head.headers.get('docker-content-digest')).toBe(digest);
  expect(head.headers.get('content-length')).toBe(String(body.length));
  expect(await head.text()).toBe('');
});

test('the configuration of all at once names mirrors, chains and paces apart', async () => {
  const pairs = await Promise.all(registry.ids.map((id) => pairOf(id, (same) => same)));
  const named = pairs.map((pair) => ({
    ...pair,
    near: { ...pair.near, name: `${pair.ecosystem.id}-near` },
    far: { ...pair.far, name: `${pair.ecosystem.id}-far` },
  }));
  const receiver = { url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32).toString('base64')}` };
  const read = readConfig(renderDemoFile(named, { port: 10_120, folder: '/x', receiver, door: 12_345 }), {}, {});
  if (read.tag === 'error') throw new Error(JSON.stringify(read.error, null, 1));
  const { mirrors, modules, door } = read.value;
  // The page shows it to clients.
  expect(door?.listen.port).toBe(12_345);
  expect(mirrors.map(({ name }) => name)).toEqual(registry.ids.flatMap((id) => [`${id}-near`, `${id}-far`]));
  expect(new Set(modules.map(({ ecosystem }) => ecosystem))).toEqual(new Set(registry.ids));
});
