import { gunzipSync } from 'node:zlib';
import type { BuiltDaemon } from './daemon.ts';

/** What counters say in one page, of all targets together. */
export interface Counts {
  readonly attempts: number;
  readonly failed: number;
  /** Scheduled probes and slots that came to nothing on our side. */
  readonly unknown: number;
  readonly series: number;
  readonly starts: number;
  /** Of them those that began at most 5 and 100 ms late. */
  readonly within5: number;
  readonly within100: number;
}

/** One answer of /metrics. */
export interface Scraped {
  readonly text: string;
  readonly zippedBytes: number;
  readonly tookMs: number;
}

const zip = { 'accept-encoding': 'gzip', accept: 'application/openmetrics-text;version=1.0.0' };

/** Asks for the page as Prometheus does. */
export async function scrapeOnce(daemon: Pick<BuiltDaemon, 'ask'>): Promise<Scraped> {
  const { body, bytes, tookMs } = await daemon.ask('/metrics', { headers: zip });
  return { text: gunzipSync(body).toString(), zippedBytes: bytes, tookMs };
}

/** The counters of a page. */
export function countsOf(text: string): Counts {
  const all = [...text.matchAll(/^mirror_probe_attempts_total\{.*\} (\d+)/gm)].map(([, count]) => Number(count));
  const one = (series: string): number => Number(text.split(`\n${series} `)[1]?.split(/[\s#]/)[0]);
  const bucket = (le: string): number => one(`mirrorwatch_schedule_delay_seconds_bucket{le="${le}"}`);
  const sum = (pattern: RegExp): number => [...text.matchAll(pattern)].reduce((total, [, n]) => total + Number(n), 0);
  return {
    attempts: all.reduce((total, count) => total + count, 0),
    failed: sum(/^mirror_probe_failures_total\{.*\} (\d+)/gm),
    unknown: sum(/^mirror_probe_unknown_total\{.*\} (\d+)/gm),
    series: all.length,
    starts: one('mirrorwatch_schedule_delay_seconds_count'),
    within5: bucket('0.005'),
    within100: bucket('0.1'),
  };
}
