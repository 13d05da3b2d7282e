import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultRuleParameters } from '../../src/features/rules/parameters.ts';
import { renderRules } from '../../src/features/rules/rules.ts';
import { type Alertmanager, type HeldAlert, startAlertmanager } from '../support/alertmanager.ts';
import { text } from '../support/answer.ts';
import { stateDir } from '../support/paths.ts';
import { until } from '../support/patience.ts';
import { type Prometheus, startPrometheus } from '../support/prometheus.ts';
import { startRawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { isSigned, startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type DaemonProcess, startDaemon } from './daemon.ts';
import { alertmanagerConfig, loopConfiguration, type Mirror, secret, startMirror } from './loop-parts.ts';
import { overRestart } from './over-restart.ts';
import type { AdviceJson } from './views.ts';

/** An hour of the rules is a minute here. */
const timeScale = 1 / 60;

type LoopAdvice = AdviceJson & { readonly trigger: string; readonly reason: string };
const took: Record<string, number> = {};

real(
  'the loop: slow → rule → Alertmanager → daemon → advice → webhook → well → back',
  ['prometheus', 'alertmanager'],
  () => {
    let dir: string;
    let a: Mirror;
    let b: Mirror;
    let hooks: WebhookReceiver;
    let alertmanager: Alertmanager;
    let prometheus: Prometheus;
    let daemon: DaemonProcess;
    let daemonPort: number;

    const start = (): Promise<DaemonProcess> =>
      startDaemon({ dir, port: daemonPort, yaml: loopConfiguration({ a, b, hooks, alertmanager }) });
    const adviceNow = async (): Promise<LoopAdvice | undefined> =>
      (await daemon.api<{ advice: readonly LoopAdvice[] }>('advice')).advice.find(({ state }) => state === 'proposed');
    const proposed = (cause: string): Promise<LoopAdvice> => anyProposed([cause]);
    const anyProposed = (causes: readonly string[]): Promise<LoopAdvice> =>
      until(
        `advice because of ${causes.join(' or ')}`,
        adviceNow,
        (advice) => advice !== undefined && causes.includes(advice.cause),
        { help: () => `${daemon.log()}\n${alertmanager.log()}` },
      ) as Promise<LoopAdvice>;
    const notifications = async (outcome: string): Promise<number> =>
      (await daemon.metrics()).get(`mirrorwatch_alertmanager_notifications_total{outcome="${outcome}"}`) ?? Number.NaN;
    /** /metrics is shared for a quarter of a second, so a count may come a moment after what it counts. */
    const counted = (outcome: string): Promise<number> =>
      until(
        `an alert counted as ${outcome}`,
        () => notifications(outcome),
        (count) => count >= 1,
        { help: () => `${daemon.log()}\n${alertmanager.log()}` },
      );
    /** All posts so far are read again and again, so not by the five minutes that a receiver grants a stamp. */
    const told = (pleases: (data: LoopAdvice) => boolean): LoopAdvice | undefined =>
      hooks.posts
        .map((post) => {
          expect(isSigned(post, secret)).toBe(true);
          return (JSON.parse(post.body) as { data: { advice: LoopAdvice } }).data.advice;
        })
        .find((advice) => pleases(advice));
    const sinceSlow = (): number => performance.now() - (a.slowAtMs ?? Number.NaN);
    const restart = async (): Promise<void> => {
      await daemon.kill();
      await daemon.close();
      daemon = await start();
    };
    const fires = async (alertname: string): Promise<boolean> =>
      (await prometheus.alerts()).some(({ state, labels }) => state === 'firing' && labels['alertname'] === alertname);
    const firesSlow = (): Promise<boolean> => fires('MirrorSlow');

    beforeAll(async () => {
      dir = stateDir('loop');
      [a, b, hooks] = await Promise.all([startMirror(), startMirror(), startWebhookReceiver()]);
      // The daemon's port must be known before it runs: Alertmanager is told of it first.
      const placeholder = await startRawServer({ answer: () => text(503, '') });
      daemonPort = placeholder.port;
      await placeholder.close();
      alertmanager = await startAlertmanager({
        config: alertmanagerConfig(`http://127.0.0.1:${daemonPort}/api/v1/alertmanager`),
      });
      const rules = join(dir, 'rules.yml');
      // What bridges a restart is not scaled as far: a process starts no faster here.
      const scaled = renderRules({ ...defaultRuleParameters, timeScale });
      expect(scaled).toContain('keep_firing_for: 3s');
      writeFileSync(rules, scaled.replaceAll('keep_firing_for: 3s', 'keep_firing_for: 6s'));
      daemon = await start();
      prometheus = await startPrometheus({
        targets: [`127.0.0.1:${daemonPort}`],
        labels: { vantage: 'loop' },
        intervalMs: 500,
        ruleFiles: [rules],
        alertmanager: alertmanager.address,
      });
      // Baselines, and a minute's worth of samples for a percentile of an hour.
      await until(
        'both mirrors up and measured',
        async () =>
          (await daemon.metrics()).get(
            'mirror_probe_rtt_seconds_count{ecosystem="go",registry="b",module="example.com/hello",version="v1.0.0",step="mod",connection="cold"}',
          ) ?? 0,
        (count) => count >= 60,
        { help: () => daemon.log() },
      );
    });

    afterAll(async () => {
      for (const part of [prometheus, daemon, alertmanager, hooks, a, b]) await part?.close();
      for (const [way, ms] of Object.entries(took))
        process.stdout.write(`[loop] ${way}: ${(ms / 1000).toFixed(1)} s\n`);
    });

    test('slow below what a streak names: the rule fires, Alertmanager calls, advice follows, signed', async () => {
      a.slowness = 'now and then';
      await until('the rule fires', firesSlow, Boolean);
      took['first slow answer → rule fires'] = sinceSlow();
      const advice = await proposed('slo');
      took['first slow answer → advice, by Prometheus and Alertmanager'] = sinceSlow();
      expect(advice).toMatchObject({ from: 'a', to: 'b', trigger: 'alertmanager' });
      expect(advice.reason).toContain('the alert MirrorSlow, firing for');
      await counted('evidence');
      // The detector has nothing to say: it is the alert alone that led here.
      // Of the mirrors: that this machine is busy with other tests may be a finding about us.
      const { findings } = await daemon.api<{ findings: readonly { kind: string }[] }>('findings?state=all');
      expect(findings.filter(({ kind }) => kind !== 'self')).toEqual([]);
      const signed = await until('a signed webhook', async () => told(({ id }) => id === advice.id), Boolean);
      expect(signed).toMatchObject({ state: 'proposed', cause: 'slo', trigger: 'alertmanager', remedy: advice.remedy });
      const accepted = await daemon.post(`/api/v1/advice/${advice.id}/accept`);
      expect(accepted.status, accepted.text).toBe(200);
    });

    test('it gets well: resolved, and after hold the way back', async () => {
      const wellAtMs = performance.now();
      a.slowness = 'none';
      await counted('resolved');
      took['well → resolved by Alertmanager'] = performance.now() - wellAtMs;
      const advice = await proposed('failback');
      took['well → failback advice (hold 3 s)'] = performance.now() - wellAtMs;
      expect(advice).toMatchObject({ from: 'b', to: 'a', trigger: 'detector' });
      await until('a signed webhook', async () => told(({ id }) => id === advice.id), Boolean);
      expect((await daemon.post(`/api/v1/advice/${advice.id}/accept`)).status).toBe(200);
    });

    test('trouble that a streak names: our own detection is faster, and what we push comes back as our own', async () => {
      a.slowAtMs = null;
      a.slowness = 'always';
      // Before its finding may be open: a few moments in which b would have saved clients a second are enough.
      const advice = await anyProposed(['slower', 'spike']);
      took['first slow answer → advice, by our own detection'] = sinceSlow();
      expect(advice).toMatchObject({ from: 'a', to: 'b', trigger: 'detector' });
      const held = await until(
        'Alertmanager holds the finding',
        async () => (await alertmanager.alerts()).find(({ labels }) => labels['alertname'] === 'MirrorwatchSpike'),
        (alert) => alert !== undefined,
        { help: daemon.log },
      );
      expect(held?.labels).toMatchObject({
        registry: 'a',
        vantage: 'loop',
        mirrorwatch_origin: 'loop',
        severity: 'warning',
      });
      await counted('own');
      a.slowness = 'none';
      await until(
        'it ends there as it ends here',
        async () => (await alertmanager.alerts()).find(({ labels }) => labels['alertname'] === 'MirrorwatchSpike'),
        (alert) => alert === undefined,
        { help: daemon.log },
      );
    });

    test('a restart during an outage: the rule keeps firing, no mirror counts as never up, and our alert is sent again', async () => {
      a.slowness = 'dead';
      await until('MirrorDown fires', () => fires('MirrorDown'), Boolean, { help: () => daemon.log() });
      const ours = async (): Promise<HeldAlert | undefined> =>
        (await alertmanager.alerts()).find(({ labels }) => labels['alertname'] === 'MirrorwatchOutage');
      const before = await until('Alertmanager holds the outage', ours, Boolean, { help: daemon.log });

      const deadSeconds = Date.now() / 1000;
      const { last: alert, silentMs, neverAnswered, goneMs } = await overRestart(prometheus, restart, 'MirrorDown');
      took['killed amid an outage → scraped again'] = goneMs;
      expect(alert?.labels).toMatchObject({ severity: 'critical', registry: 'a' });
      // Silent, if at all, for less than the daemon was gone: a loaded machine may take longer to start than it fires on.
      expect(silentMs).toBeLessThanOrEqual(goneMs);
      expect(neverAnswered).toBe(0);
      // Last success came back, and is from before the outage.
      const [last] = await prometheus.query('max(mirror_probe_last_success_timestamp_seconds{registry="a"})');
      expect(last?.value).toBeGreaterThan(0);
      expect(last?.value).toBeLessThan(deadSeconds);
      const after = await until(
        'ours is told anew',
        ours,
        (held) => held !== undefined && held.endsAt > (before?.endsAt ?? ''),
        { help: daemon.log },
      );
      expect(after?.startsAt).toBe(before?.startsAt);
    });

    test('and when the last mirror dies too: nothing is usable, which pages, over a restart as well', async () => {
      b.slowness = 'dead';
      const deadAtMs = performance.now();
      await until('MirrorNoneUsable fires', () => fires('MirrorNoneUsable'), Boolean, { help: () => daemon.log() });
      took['the last mirror dies → MirrorNoneUsable'] = performance.now() - deadAtMs;
      const { last, silentMs, neverAnswered, goneMs } = await overRestart(prometheus, restart, 'MirrorNoneUsable');
      expect(last?.labels).toMatchObject({ severity: 'critical', upstream: 'go', vantage: 'loop' });
      expect(silentMs).toBeLessThanOrEqual(goneMs);
      expect(neverAnswered).toBe(0);
      a.slowness = 'none';
      b.slowness = 'none';
      await until(
        'it ends',
        () => fires('MirrorNoneUsable'),
        (isFiring) => !isFiring,
        { help: daemon.log },
      );
      await until(
        'and MirrorDown',
        () => fires('MirrorDown'),
        (isFiring) => !isFiring,
        { help: daemon.log },
      );
    });
  },
);
