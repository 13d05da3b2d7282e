import { afterEach, expect, it } from 'vitest';
import { playDaemon } from '../../../../bench/scenarios/daemon/run.ts';
import type { Answer, World } from '../../../../bench/scenarios/world.ts';
import { refuses, type Script } from '../../../daemon/scripted-wire.ts';
import { hookSecret } from '../../../daemon/three-mirrors.ts';
import { startWorld, stopWorlds } from '../../../daemon/world.ts';

afterEach(stopWorlds);

const minutes = 40;
const urls = { a: 'https://a.example.com', b: 'https://b.example.net/goproxy', c: 'https://c.example.org' };
const usualMs: Readonly<Record<string, number>> = { a: 40, b: 70, c: 90 };
const at = (from: number, to: number, atMs: number): boolean => atMs >= from * 60_000 && atMs < to * 60_000;

/** What a mirror does: `null` refuses, a number answers after so many milliseconds. */
type Does = (mirror: string, atMs: number) => number | null;

const yaml = `
listen: 127.0.0.1:10120
schedule: { every: 30s, timeout: 10s }
mirrors:
${Object.entries(urls)
  .map(([name, url], place) => `  - { name: ${name}, ecosystem: go, url: "${url}", weight: ${10 - place} }`)
  .join('\n')}
controls: [ { name: dns, url: "tcp://203.0.113.1:53" } ]
clients: { go: "${urls.a},${urls.b}|direct" }
modules: { go: [ "example.com/hello@v1.0.0" ] }
webhooks: [ { name: people, url: "https://hooks.example.com/x", secrets: [ "${hookSecret}" ] } ]
state: { path: /nowhere/state.db }
`;

function worldOf(does: Does): World {
  const setup = {
    mirrors: Object.entries(urls).map(([name, url], place) => ({
      name,
      url,
      address: `198.18.${place}.7`,
      upstream: 'go',
      role: 'mirror' as const,
      weight: 10 - place,
    })),
    modules: [{ upstream: 'go', module: 'example.com/hello', version: 'v1.0.0' }],
    controls: [{ name: 'dns', url: 'tcp://203.0.113.1:53' }],
    everyMs: 30_000,
    timeoutMs: 10_000,
    chains: { go: 'a,b|direct' },
  };
  const answer: Answer = {
    tookMs: 0,
    reason: null,
    status: 200,
    retryAfterMs: null,
    bytes: 100,
    cache: null,
    family: 4,
    certificateDays: 90,
    unknown: null,
  };
  return {
    family: 'by hand',
    group: 'by hand',
    seed: 1,
    durationMs: minutes * 60_000,
    setup,
    events: [],
    incidents: [],
    isCalm: false,
    ask(mirror, _, atMs) {
      const ms = does(mirror, atMs);
      if (ms !== null) return { ...answer, tookMs: ms };
      return { ...answer, tookMs: 2, reason: 'refused', status: null, certificateDays: null };
    },
    control: () => ({ answered: true, tookMs: 15 }),
    buildCost: () => 0,
  };
}

it.each<{ readonly name: string; readonly does: Does; readonly told: number }>([
  {
    name: 'an outage of the head',
    does: (one, ms) => (one === 'a' && at(10, 25, ms) ? null : (usualMs[one] ?? 0)),
    told: 3,
  },
  { name: 'a slow head', does: (one, ms) => (one === 'a' && at(15, 30, ms) ? 2_000 : (usualMs[one] ?? 0)), told: 3 },
  { name: 'a cut line', does: (one, ms) => (at(10, 13, ms) ? null : (usualMs[one] ?? 0)), told: 0 },
  {
    name: 'a head that flaps while another is dead',
    does: (one, ms) =>
      (one === 'b' && at(5, 35, ms)) || (one === 'a' && ms > 600_000 && ms % 420_000 < 120_000)
        ? null
        : (usualMs[one] ?? 0),
    told: 4,
  },
])('the player says the same as the whole daemon at the same time: $name', async ({ does, told }) => {
  const played = playDaemon(worldOf(does), { accepts: false, hasAlerts: false });
  const script: Script = ({ registry, atMs }) => does(registry, atMs) ?? refuses;
  const whole = await startWorld({ yaml, script, seed: 1 });
  await whole.seconds(minutes * 60);
  const posted = whole.posts.map(({ atSeconds, body }) => ({
    atMs: atSeconds * 1000,
    type: body.type,
    data: body.data,
  }));
  expect(played.notices.map(({ what }) => what)).toEqual(posted.map(({ data }) => whatOf(data)));
  for (const [place, { atMs }] of played.notices.entries())
    expect(Math.abs(atMs - (posted[place]?.atMs ?? 0))).toBeLessThan(20);
  expect(played.notices.length).toBeGreaterThanOrEqual(told);
});

function whatOf(data: Readonly<Record<string, unknown>>): string {
  const { advice, finding, subject } = data as {
    advice?: { state: string; upstream: string };
    finding?: { state: string; kind: string; registry: string | null };
    subject: string;
  };
  if (advice) return `advice ${advice.state} for ${advice.upstream}`;
  if (!finding) return subject;
  return `${finding.state === 'closed' ? 'recovery' : `${finding.kind} opened`}: ${finding.registry ?? 'us'}`;
}
