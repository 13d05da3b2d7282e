import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../support/patience.ts';
import type { PromAlert, Prometheus } from '../support/prometheus.ts';

/** One alert over a restart of the daemon. */
export interface OverRestart {
  /** As it fires some seconds after the next start; `undefined`: it does not. */
  readonly last: PromAlert | undefined;
  /** For how long, all in all, it did not fire. */
  readonly silentMs: number;
  /** How often anybody was said to have never answered, pending included. */
  readonly neverAnswered: number;
  /** From the kill to the first scrape of the next process. */
  readonly goneMs: number;
}

/** Looks ten times a second at what Prometheus says of an alert, while the daemon is killed, started again, and for eight seconds more. */
export async function overRestart(
  prometheus: Prometheus,
  restart: () => Promise<void>,
  alertname: string,
): Promise<OverRestart> {
  let last: PromAlert | undefined;
  let silentMs = 0;
  let neverAnswered = 0;
  let isOver = false;
  const looking = (async () => {
    let atMs = performance.now();
    while (!isOver) {
      const alerts = await prometheus.alerts();
      last = alerts.find(({ state, labels }) => state === 'firing' && labels['alertname'] === alertname);
      const nowMs = performance.now();
      if (last === undefined) silentMs += nowMs - atMs;
      atMs = nowMs;
      neverAnswered += alerts.filter(({ labels }) => labels['alertname'] === 'MirrorNotMeasured').length;
      await sleep(100);
    }
  })();
  const killedAtMs = performance.now();
  await restart();
  await prometheus.waitForQuery('up{job="mirrorwatch"} == 1', (series) => series.length > 0);
  const goneMs = performance.now() - killedAtMs;
  // Longer than the rules bridge: what fires then has a reason of today.
  await sleep(8_000);
  await until(`${alertname} fires`, () => last !== undefined, Boolean);
  isOver = true;
  await looking;
  return { last, silentMs, neverAnswered, goneMs };
}
