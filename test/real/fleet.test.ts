import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openFleet } from '../../src/features/fleet/listener.ts';
import { type FleetReport, readReport } from '../../src/features/fleet/report.ts';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { systemClock } from '../../src/io/clock.ts';
import { type Alertmanager, startAlertmanager } from '../support/alertmanager.ts';
import { repoDir, tempDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { real } from '../support/requires.ts';
import { table } from '../support/table.ts';
import { startVictoriaMetrics, type VictoriaMetrics } from '../support/victoria-metrics.ts';
import { mirrorwatch } from './daemon.ts';
import { type FleetPlace, type PlaceStory, startFleetPlace } from './fleet-places.ts';

// Three places with different faults, scraped by a real Prometheus with our rules and by a real VictoriaMetrics without:
// both say the same, and the alerts agree. One of the places has a pair of daemons.

const up: PlaceStory = { states: { near: 'up', far: 'up', third: 'up' } };
const nearDown: PlaceStory = { states: { ...up.states, near: 'down' }, advice: 'near>far' };
const names = ['ams', 'fra', 'sgp'] as const;
const link = 'http://{instance}';
const since = / since [\d :-]+ UTC/;

interface Story {
  readonly name: string;
  readonly places: Partial<Record<(typeof names)[number], PlaceStory>>;
  /** Sentences of mirrors, places and advice. */
  readonly says: readonly string[];
  /** Alerts that fire beside those about single places, `name registry or vantage`. */
  readonly alerts: readonly string[];
  /** VictoriaMetrics shows a series some seconds after its first sample; this story begins many. */
  readonly isSlow?: true;
}

const stories = table<readonly Story[]>('real/fleet', 'stories');

/** What docs/guides/many-places.md says for a pair. */
function guideRelabel(): readonly Readonly<Record<string, unknown>>[] {
  const guide = readFileSync(join(repoDir, 'docs/guides/many-places.md'), 'utf8');
  const [, text = ''] = /```yaml\n( *# prometheus\.yml\n[^`]*)```/.exec(guide) ?? [];
  return (parse(text) as { alerting: { alert_relabel_configs: readonly Record<string, unknown>[] } }).alerting
    .alert_relabel_configs;
}

real('a fleet in real stores', ['prometheus', 'victoria', 'alertmanager'], () => {
  const places: FleetPlace[] = [];
  /** The second daemon of ams. */
  let twin: FleetPlace;
  let alertmanager: Alertmanager;
  let prometheus: Prometheus;
  let victoria: VictoriaMetrics;
  const dir = tempDir('fleet');

  beforeAll(async () => {
    for (const _ of names) places.push(await startFleetPlace('eu'));
    twin = await startFleetPlace('eu');
    alertmanager = await startAlertmanager();
    const scraped = places.map(({ address }, at) => ({
      targets: at === 0 ? [address, twin.address] : [address],
      labels: { vantage: names[at] ?? '' },
    }));
    const rules = join(dir, 'rules.yml');
    // A minute is a second: alerts wait for minutes.
    writeFileSync(rules, renderRules({ ...defaultRuleParameters, vantages: 3, timeScale: 1 / 60 }));
    prometheus = await startPrometheus({
      targets: [],
      more: scraped,
      ruleFiles: [rules],
      intervalMs: 1000,
      alertmanager: alertmanager.address,
      alertRelabel: guideRelabel(),
    });
    victoria = await startVictoriaMetrics(scraped);
  });
  afterAll(async () => {
    await prometheus?.close();
    await victoria?.close();
    await alertmanager?.close();
    for (const place of [...places, twin]) place?.close();
  });

  const tell = (storyOf: (at: number) => PlaceStory): void => {
    for (const [at, place] of places.entries()) place.tell(storyOf(at));
    twin.tell(storyOf(0));
  };
  const optionsOf = (url: string) => ({
    store: { url, headers: {}, token: null, tls: {}, limitMs: 60_000, bridgeMs: 3000 },
    link,
  });
  const said = ({ sentences }: FleetReport): readonly string[] =>
    [...sentences.mirrors, ...sentences.places, ...sentences.advice].map(({ text }) => text.replace(since, ''));
  const told = async (url: string): Promise<readonly string[] | string> => {
    const report = await readReport(optionsOf(url), systemClock);
    return report.tag === 'ok' ? said(report.value).toSorted() : report.error;
  };
  const kinds = /^(MirrorDown|MirrorDownMostPlaces|VantageOutlier|VantageSuspect)$/;
  const firing = async (): Promise<readonly string[]> =>
    [
      ...new Set(
        (await prometheus.alerts())
          .filter(({ state, labels }) => state === 'firing' && kinds.test(labels['alertname'] ?? ''))
          .map(({ labels }) => `${labels['alertname']} ${labels['vantage'] ?? labels['registry']}`),
      ),
    ].sort();

  describe.each(stories)('$name', ({ places: special, says, alerts, isSlow }) => {
    beforeAll(() => {
      tell((at) => special[names[at] ?? 'ams'] ?? up);
    });
    test.each(isSlow ? ['Prometheus'] : ['Prometheus', 'VictoriaMetrics'])('is what %s says', async (store) => {
      const { url } = store === 'Prometheus' ? prometheus : victoria;
      const wanted = JSON.stringify(says.toSorted());
      await until(
        `the sentences ${wanted}`,
        () => told(url),
        (found) => JSON.stringify(found) === wanted,
      );
    });
    test('is what the alerts say', async () => {
      const wanted = JSON.stringify(alerts.toSorted());
      await until(`the alerts ${wanted}`, firing, (found) => JSON.stringify(found) === wanted);
    });
  });

  test('the page and the API say it, in both languages', async () => {
    tell(() => nearDown);
    await until(
      'down from all',
      () => told(victoria.url),
      (found) => found.includes('near: down from all 3 places: the cause is the mirror itself'),
    );
    const opened = await openFleet(
      { host: '127.0.0.1', port: 0, token: null, tls: null },
      optionsOf(victoria.url),
      systemClock,
    );
    if (opened.tag === 'error') throw new Error(opened.error.code);
    const { url, close } = opened.value;
    const page = await fetch(`${url}/`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain('near: down from all 3 places since');
    expect(text).toContain(`<a href="http://${places[1]?.address}/mirrors/near">`);
    expect(await (await fetch(`${url}/?lang=zh`)).text()).toContain('全部 3 个地点都看到');
    const body = (await (await fetch(`${url}/api/v1/fleet`)).json()) as FleetReport;
    expect(body.mirrors.map(({ registry, verdict }) => [registry, verdict.kind])).toEqual([
      ['far', 'well'],
      ['near', 'everywhere'],
      ['third', 'well'],
    ]);
    const foreign = await fetch(`${url}/page.css`);
    expect(foreign.status).toBe(200);
    await close();
  });

  test('of a pair each daemon has the alert, and Alertmanager has one for their place', async () => {
    const isOurs = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): boolean =>
      labels['alertname'] === 'MirrorDown' && labels['vantage'] === 'ams';
    const of = (alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]): readonly unknown[] =>
      alerts.filter(isOurs).map(({ labels }) => labels['instance']);
    await until(
      'the alert of both',
      async () => of((await prometheus.alerts()).filter(({ state }) => state === 'firing')),
      (found) => found.length === 2,
    );
    await until(
      'one alert',
      async () => of(await alertmanager.alerts()),
      (found) => JSON.stringify(found) === '[null]',
    );
  });

  test('the command says it, with exit code 1', async () => {
    const { code, stdout } = await mirrorwatch(['fleet', '--store', victoria.url]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/near\s+down\s+down\s+down/) });
    expect(stdout).toContain('near: down from all 3 places since');
  });

  test('a place that is gone is quiet, not down', async () => {
    tell((at) => (at === 2 ? { ...up, isGone: true } : up));
    await until(
      'a quiet place',
      () => told(prometheus.url),
      (found) => JSON.stringify(found) === '["sgp: no data; its states are unknown"]',
    );
  });
});
