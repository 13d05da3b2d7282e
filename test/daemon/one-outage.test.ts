import { afterEach, expect, test } from 'vitest';
import { type Behaviour, refuses, type Script } from './scripted-wire.ts';
import { threeMirrors, well } from './three-mirrors.ts';
import { type AdviceShown, adviceOf, mirrorOf } from './told.ts';
import { startWorld, stopWorlds, type World } from './world.ts';

// What the page, the API and the messages say about one outage, side by side.

afterEach(stopWorlds);

const faultAtSeconds = 300;
const readAtSeconds = [3, 6, 10, 20, 45, 70, 90];

const yaml = threeMirrors({ modules: '"example.com/hello@v1.0.0", "example.com/tags@v1.0.0"' }).replace(
  'every: 10m',
  'every: 60s',
);

/** What the preferred mirror does with a path from the fault on; `null`: as usual. */
type Fault = (path: string) => Behaviour | null;

interface Row {
  readonly fault: Fault;
  readonly kind: 'outage' | 'refusal';
  /** The reason that each text names. */
  readonly cause: string;
  /** Whether the mirror serves some of the targets. */
  readonly isPartial: boolean;
}

const isCanary = (path: string): boolean => path.includes('/hello/') && path.endsWith('.mod');
const cut: Behaviour = { code: 'ECONNRESET', phase: 'transfer', afterMs: 60 };
const throttles: Behaviour = { status: 429, headers: { 'retry-after': '60' } };

const rows: Readonly<Record<string, Row>> = {
  'the connection is refused': { fault: () => refuses, kind: 'outage', cause: 'refused', isPartial: false },
  '503 to everything': { fault: () => ({ status: 503 }), kind: 'outage', cause: 'server', isPartial: false },
  '403 to everything': { fault: () => ({ status: 403 }), kind: 'refusal', cause: 'denied', isPartial: false },
  '429 for a minute': { fault: () => throttles, kind: 'refusal', cause: 'throttled', isPartial: false },
  '403 to all but the canary': {
    fault: (path) => (isCanary(path) ? null : { status: 403 }),
    kind: 'refusal',
    cause: 'denied',
    isPartial: true,
  },
  'the zip of one module is truncated': {
    fault: (path) => (path.includes('/tags/') && path.endsWith('.zip') ? cut : null),
    kind: 'outage',
    cause: 'cut',
    isPartial: true,
  },
};

function scriptOf(fault: Fault): Script {
  return (asked) =>
    (asked.registry === 'a' && asked.atMs >= faultAtSeconds * 1000 ? fault(asked.path) : null) ?? well(asked);
}

/** The words of the status page. */
async function pageOf(world: World): Promise<string> {
  const html = (await world.get('/', { accept: 'text/html' })).text;
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '')
    .replace(/\s+/g, ' ');
}

type FindingShown = { readonly registry: string; readonly kind: string; readonly cause: string; readonly text: string };

type Shown = AdviceShown & { readonly reason: string };

/** What a text claims of a mirror: that nothing works there, or that something does. */
const ofAll = /every|is down|refuses requests \([^)]*\): (all|its canary)|throttles requests/;
const ofSome = /works|not refused|of its targets|fails for /;

test.each(Object.entries(rows))(
  'one outage, side by side: %s: one cause and one extent',
  async (_name, { fault, kind, cause, isPartial }) => {
    const world = await startWorld({ yaml, script: scriptOf(fault) });
    await world.seconds(faultAtSeconds);
    let [seen, passed] = [0, 0];
    for (const seconds of readAtSeconds) {
      await world.seconds(seconds - passed);
      passed = seconds;
      const { findings } = (await world.get('/api/v1/findings')).json<{ findings: readonly FindingShown[] }>();
      const advice = (await adviceOf(world)) as readonly Shown[];
      const { because } = await mirrorOf(world, 'a');
      const own = findings.filter(({ registry }) => registry === 'a');
      if (own.length + advice.length > 0) seen += 1;
      expect(own.map((one) => [one.kind, one.cause])).toEqual(own.length === 0 ? [] : [[kind, cause]]);
      for (const one of advice) expect([one.cause, one.state]).toEqual([kind, 'proposed']);
      const texts = [...own.map(({ text }) => text), ...advice.map(({ reason }) => reason)];
      for (const text of texts) expect(text).toMatch(new RegExp(`\\(${cause}(, HTTP \\d{3})?\\)|throttles`));
      const page = await pageOf(world);
      for (const text of [...texts, because]) expect(page).toContain(text.replace(/\.$/, ''));
      const claims = texts.map((text) => [ofAll.test(text), ofSome.test(text)]);
      expect([texts, claims]).toEqual([texts, texts.map(() => [!isPartial, isPartial])]);
    }
    expect(seen).toBeGreaterThanOrEqual(4);
    const sent = world.posts.map(({ body }) => body.data as { finding?: FindingShown; advice?: Shown });
    expect(sent.flatMap(({ finding }) => (finding === undefined ? [] : [[finding.kind, finding.cause]]))).toEqual([
      [kind, cause],
    ]);
    expect(sent.flatMap(({ advice }) => (advice === undefined ? [] : [advice.cause]))).toEqual([kind]);
  },
);
