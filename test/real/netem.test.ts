import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Certs, makeCerts } from '../support/certs.ts';
import { moduleTree } from '../support/goproxy-tree.ts';
import { type Nginx, startNginx } from '../support/nginx.ts';
import { until } from '../support/patience.ts';
import { real } from '../support/requires.ts';
import { startWebhookReceiver, verifyPost, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { type FarPlace, openFarPlace } from './far.ts';
import type { AdviceJson, Advices, FindingJson, Findings, Mirrors, ProbeJson, TargetJson, Targets } from './views.ts';

const secret = `whsec_${Buffer.from('a secret of these tests alone 32').toString('base64')}`;
const roundTripMs = 900;
/** Of the lone slow answer, which then belongs to the mirror's own tail: a spike lies beyond it (1.1 × the p99 of its window). */
const loneRoundTripMs = 500;
/** Of the usual answer: far more than what a busy machine adds, else the tail of few answers is the machine's. */
const usualRoundTripMs = 50;
/** nginx before 1.23.4 speaks 1.2 at most by default, whose handshake takes two round trips. */
const tls13 = 'ssl_protocols TLSv1.3;';

type Hook = { readonly type: string; readonly data: { readonly finding?: FindingJson; readonly advice?: AdviceJson } };

// Three daemons side by side, as the pace towards addresses off loopback is 5 s: one story each.
real('mirrors behind links of known delay and loss', ['netns', 'nginx', 'tree'], () => {
  const places = new Map<string, FarPlace>();
  const mirrors = new Map<string, Nginx>();
  const daemons = new Map<string, DaemonProcess>();
  let certs: Certs;
  let receiver: WebhookReceiver;

  const place = (name: string): FarPlace => mustHave(places, name);
  const mirror = (name: string): Nginx => mustHave(mirrors, name);
  const daemon = (name: string): DaemonProcess => mustHave(daemons, name);
  const line = (name: string, more: string): string =>
    `  - { name: ${name}, ecosystem: go, url: "${mirror(name).httpsUrl}", tls: { ca: "${certs.ca.certFile}" }, ${more} }`;
  const configuration = (names: readonly string[], hooks = ''): string => `
vantage: netem
schedule: { every: 5s, timeout: 4s }
mirrors:
${names.map((name, at) => line(name, `weight: ${100 - at}`)).join('\n')}
  - { name: dark, ecosystem: go, url: "https://${place('dark').host}", role: origin }
clients: { go: "${names.map((name) => mirror(name).httpsUrl).join(',')},direct" }
modules: { go: [ rsc.io/quote@v1.5.2 ] }
go: { sumdb: "off" }
detect: { spike: { warmup: 4, window: 12 } }
${hooks}`;

  const canary = async (name: string, registry: string): Promise<TargetJson | undefined> => {
    const { targets } = await daemon(name).api<Targets>(`targets?registry=${registry}`);
    return targets.find((target) => target.canary);
  };
  const attempts = async (name: string, registry: string): Promise<number> =>
    (await daemon(name).metrics()).get(
      `mirror_probe_attempts_total{ecosystem="go",registry="${registry}",module="rsc.io/quote",version="v1.5.2",step="mod"}`,
    ) ?? 0;
  // A baseline, not a number of probes: samples that this machine spoilt do not count towards the warm-up, and a delay
  // that began before it would be learned as the usual time. And a threshold that the lone slow answer is beyond: an
  // answer that this machine held up raises it, until the window has passed it.
  const measured = (name: string, registries: readonly string[]): Promise<unknown> =>
    until(
      `a baseline of ${registries.join(', ')}`,
      () => Promise.all(registries.map((registry) => canary(name, registry))),
      (canaries) => canaries.every((target) => (target?.thresholdSeconds ?? Infinity) < (2 * loneRoundTripMs) / 1000),
      { everyMs: 500, help: daemon(name).log },
    );

  beforeAll(async () => {
    for (const [at, name] of ['a', 'b', 'c', 'd', 'lossy', 'dark'].entries())
      places.set(name, await openFarPlace(at + 1));
    certs = makeCerts([...places.values()].map(({ host }) => host));
    for (const name of ['a', 'b', 'c', 'd', 'lossy']) {
      const { ns, host } = place(name);
      mirrors.set(name, await startNginx({ root: moduleTree().dir, ns, host, cert: certs.server, extra: tls13 }));
    }
    for (const name of ['a', 'b', 'c', 'd']) await place(name).link.setDelay(usualRoundTripMs / 2);
    // The origin cannot be reached, from the first minute on.
    await place('dark').link.setLoss(1);
    await place('lossy').link.setLoss(0.3);
    receiver = await startWebhookReceiver();
    const hooks = `webhooks: [ { name: ops, url: "${receiver.url}", secrets: [ "${secret}" ], allow: [ 127.0.0.0/8 ] } ]`;
    daemons.set('slow', await startDaemon({ yaml: configuration(['a', 'b'], hooks) }));
    daemons.set('dead', await startDaemon({ yaml: configuration(['c', 'd']) }));
    daemons.set('loss', await startDaemon({ yaml: configuration(['lossy']) }));
  });
  afterAll(async () => {
    for (const one of daemons.values()) await one.close();
    for (const one of mirrors.values()) await one.close();
    for (const one of places.values()) await one.close();
    await receiver?.close();
  });

  const about = (registry: string): readonly Hook[] =>
    receiver.posts
      .map((post) => verifyPost(post, secret) as Hook)
      .filter(({ data }) => data.finding?.registry === registry || data.advice?.from === registry);

  test('three slow answers are a spike, with advice to the other mirror and signed webhooks', async () => {
    await measured('slow', ['a', 'b']);
    await place('a').link.setDelay(roundTripMs / 2);
    await until(
      'the spike',
      () => daemon('slow').api<Findings>('findings'),
      ({ findings }) => findings.some(({ registry, kind }) => registry === 'a' && kind === 'spike'),
      { help: daemon('slow').log },
    );
    const hooks = await until(
      'the webhooks',
      async () => about('a'),
      (list) => list.length >= 2,
      { help: daemon('slow').log },
    );
    const { advice: all } = await daemon('slow').api<Advices>('advice');
    const [advice] = all;
    expect(all).toHaveLength(1);
    const declared = `${mirror('a').httpsUrl},${mirror('b').httpsUrl},direct`;
    expect(advice).toMatchObject({ state: 'proposed', from: 'a', to: 'b', chain: { before: declared } });
    // What clients pay may decide before the finding opens; nothing failed, so it is never `unreliable`.
    expect(['slower', 'spike']).toContain(advice?.cause);
    const chain = `${mirror('b').httpsUrl},${mirror('a').httpsUrl},direct`;
    expect(advice?.remedy['env']).toBe(`export GOPROXY='${chain}'`);
    expect(advice?.rollback).toBe(`export GOPROXY='${declared}'`);
    expect(await daemon('slow').get('/api/v1/advice/go/remedy?as=env')).toMatchObject({
      status: 200,
      text: `export GOPROXY='${chain}'\n`,
    });
    expect(hooks.map(({ type }) => type).sort()).toEqual(['mirror.advice', 'mirror.spike']);
    const finding = hooks.find(({ type }) => type === 'mirror.spike')?.data.finding;
    // As it was when it opened: three samples, all of them slow.
    expect(finding).toMatchObject({ registry: 'a', kind: 'spike', state: 'open', evidence: { samples: 3 } });
    for (const id of finding?.evidence.probeIds ?? [])
      expect((await daemon('slow').api<ProbeJson>(`probes/${id}`)).rttSeconds, id).toBeGreaterThan(0.8);
    const hook = hooks.find(({ type }) => type === 'mirror.advice')?.data.advice;
    expect(hook).toMatchObject({ id: advice?.id, remedy: { env: `export GOPROXY='${chain}'` } });
  });

  test('an origin that was dark all the while is down, and nothing else came of it', async () => {
    const wanted = ['a degraded', 'b up', 'dark down'];
    await until(
      wanted.join(', '),
      async () =>
        (await daemon('slow').api<Mirrors>('mirrors')).mirrors.map(({ registry, state }) => `${registry} ${state}`),
      (all) => all.join() === wanted.join(),
    );
    expect((await daemon('slow').metrics()).get('mirror_vantage_suspect')).toBe(0);
  });

  test('all mirrors dead at once, one silent and one refusing, is the vantage: no outage, no advice', async () => {
    const { log, api, metrics } = daemon('dead');
    await measured('dead', ['c', 'd']);
    await Promise.all([place('c').link.setLoss(1), mirror('d').kill()]);
    await until('suspicion', metrics, (all) => all.get('mirror_vantage_suspect') === 1, { help: log });
    await sleep(6000);
    const { findings } = await api<Findings>('findings?state=all');
    const { advice } = await api<Advices>('advice?state=all');
    const all = (await api<Mirrors>('mirrors')).mirrors;
    expect((await metrics()).get('mirror_vantage_suspect')).toBe(1);
    expect(findings.filter(({ registry }) => registry === 'c' || registry === 'd')).toEqual([]);
    expect(advice.filter(({ state }) => state !== 'refused')).toEqual([]);
    expect(advice.map(({ refusal }) => refusal)).toEqual(advice.map(() => 'vantage_suspect'));
    // Verdicts stand still.
    expect(all.filter(({ registry }) => registry !== 'dark').map(({ state }) => state)).toEqual(['up', 'up']);
    expect((await daemon('dead').get('/')).text).toContain('The problem is the network of this host, not the mirrors');
    await place('c').link.setLoss(0);
    await until('the end of the suspicion', metrics, (now) => now.get('mirror_vantage_suspect') === 0, { help: log });
  });

  test('a link that loses every third packet gives slow answers and timeouts with their phases, and no defect', async () => {
    await until(
      'probes over the lossy link',
      () => attempts('loss', 'lossy'),
      (count) => count >= 5,
      { everyMs: 500, help: daemon('loss').log },
    );
    const metrics = await daemon('loss').metrics();
    const stats = await place('lossy').link.stats();
    const failures = [...metrics].filter(
      ([name, count]) => name.startsWith('mirror_probe_failures_total{') && name.includes('"lossy"') && count > 0,
    );
    const reasons = failures.map(([name]) => /reason="(.*?)"/.exec(name)?.[1] ?? '');
    expect(stats.ab.lost + stats.ba.lost).toBeGreaterThan(0);
    expect(reasons.filter((reason) => !reason.startsWith('timeout_'))).toEqual([]);
    const phases = [...metrics].filter(
      ([name]) => name.startsWith('mirror_probe_phase_seconds_sum{') && name.includes('"lossy"'),
    );
    const phaseSum = phases.reduce((sum, [, seconds]) => sum + seconds, 0);
    // A lost SYN costs a second, any other lost packet a fifth of one: over five probes that shows, or ended them.
    expect(phaseSum > 0.2 || reasons.length > 0).toBe(true);
    for (const name of ['slow', 'dead', 'loss']) expect(daemon(name).log(), name).not.toContain('defect');
  });

  test('each daemon ends with 0', async () => {
    for (const name of ['slow', 'dead', 'loss']) expect(await daemon(name).stop(), name).toBe(0);
  });
});

function mustHave<T>(all: ReadonlyMap<string, T>, name: string): T {
  const found = all.get(name);
  if (found === undefined) throw new Error(`no ${name} was started`);
  return found;
}
