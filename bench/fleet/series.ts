// What one place exports, made up in the shape of a daemon's /metrics: what the page of all places reads, and histograms of further
// targets up to the number of series that is wanted.

/** One series, and its value at its n-th sample. */
export interface SeriesMade {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  value(sample: number): number;
}

/** Mirrors of each place. */
export const mirrorsOfPlace = 20;

const bounds = '.005 .01 .025 .05 .1 .15 .2 .3 .4 .55 .8 1.1 1.6 2.5 5.5 10.5 30.5 60.5 120.5 +Inf'.split(' ');
/** By the daemon's order of text: `0.005` and so on. */
const les = bounds.map((bound) => (bound.startsWith('.') ? `0${bound}` : bound));
const states = ['up', 'degraded', 'down', 'unknown'] as const;
/** Below it no probe ends, above it each does. */
const middle = les.indexOf('0.2');
const probesPerSample = 2;

/** The labels of a mirror. */
export function mirrorAt(at: number): Readonly<Record<string, string>> {
  return { ecosystem: 'go', upstream: 'go', registry: `mirror-${at}` };
}

/** The series of a place, always the same. @param nowSeconds  the clock of the place */
export function seriesOfPlace(wanted: number, nowSeconds: number): readonly SeriesMade[] {
  const made: SeriesMade[] = [];
  const add = (name: string, labels: SeriesMade['labels'], value: number | SeriesMade['value']): void =>
    void made.push({ name, labels, value: typeof value === 'number' ? () => value : value });
  add('mirrorwatch_build_info', { version: '0.1.0', node: 'v24' }, 1);
  add('mirrorwatch_config_info', { hash: 'a1b2c3d4' }, 1);
  add('mirrorwatch_config_last_reload_successful', {}, 1);
  add('mirrorwatch_clock_timestamp_seconds', {}, () => Date.now() / 1_000);
  add('mirrorwatch_place_info', { group: 'eu', network: 'as3320', page: '' }, 1);
  add('mirror_vantage_suspect', {}, 0);
  for (let at = 0; at < mirrorsOfPlace; at += 1) {
    const mirror = mirrorAt(at);
    const { ecosystem = '', registry = '' } = mirror;
    const isDown = at === mirrorsOfPlace - 1;
    for (const state of states) add('mirror_state', { ...mirror, state }, Number(state === (isDown ? 'down' : 'up')));
    add('mirror_state_since_timestamp_seconds', { ...mirror, state: isDown ? 'down' : 'up' }, nowSeconds - 3_600);
    if (!isDown) add('mirror_advice_rank', mirror, at + 1);
    add('mirror_sync_lag_seconds', { ecosystem, registry, bound: 'lower' }, (sample) => 60 + (sample % 7));
  }
  const steps = ['mod', 'list', 'info', 'latest', 'zip'];
  for (let target = 0; made.length < wanted; target += 1) {
    const { ecosystem = '', registry = '' } = mirrorAt(target % mirrorsOfPlace);
    const round = Math.floor(target / mirrorsOfPlace);
    const step = steps[round % steps.length] ?? '';
    const module = `example.com/some/longer/module-${Math.floor(round / steps.length)}`;
    const labels = { ecosystem, registry, module, version: 'v1.25.0', step, connection: 'cold' };
    // A probe falls before a scrape or after it: what never varies would take next to nothing in a store.
    const count = (n: number): number => probesPerSample * n + Math.round(noiseOf(n, target));
    for (const [at, le] of les.entries()) {
      const value = at < middle ? () => 0 : at === middle ? (n: number) => count(n) - Math.round(n / 3) : count;
      add('mirror_probe_rtt_seconds_bucket', { ...labels, le }, value);
    }
    add('mirror_probe_rtt_seconds_sum', labels, (n) => n * 0.41 + noiseOf(n, target + 1) / 10);
    add('mirror_probe_rtt_seconds_count', labels, count);
  }
  return made.slice(0, wanted);
}

/** From 0 to 1, the same each time. */
function noiseOf(sample: number, of: number): number {
  const wave = Math.sin(sample * 12.9898 + of * 78.233) * 43_758.5453;
  return wave - Math.floor(wave);
}

/** Text format 0.0.4. */
export function textOf(series: readonly SeriesMade[], sample: number): string {
  return series
    .map(({ name, labels, value }) => {
      const inside = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return `${name}{${inside.join(',')}} ${value(sample)}\n`;
    })
    .join('');
}
