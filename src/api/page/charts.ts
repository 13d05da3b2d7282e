import { type Phase, phases } from '../../core/failure.ts';
import type { PhaseTimes, SamplePoint } from '../../core/sample.ts';
import { stamp } from '../../core/views.ts';
import { outcomeText } from './badges.ts';
import { coordinate, duration } from './format.ts';
import { type Html, html } from './html.ts';
import type { PageSay } from './say.ts';
import { type Stretch, stretchOf, ticksOf } from './ticks.ts';

/** Patterns that the charts refer to; once on each page. Hatching is our sign for "we could not tell". */
export const patterns: Html = html`<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" class="hatch-ground"/><rect width="1.6" height="5" class="hatch-line"/></pattern>
</defs></svg>`;

/** The names of the phases with their colours: the key to every bar. */
export function phaseKey(say: PageSay): Html {
  return html`<ul class="key" aria-label="${say('chart.phases')}">${phases.map(
    (phase) =>
      html`<li><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" class="p-${phase}"/></svg>${say(`phase.${phase}`)}</li>`,
  )}</ul>`;
}

/** The sum of the phases that happened, milliseconds; 0 when none did. */
export function totalOf(times: PhaseTimes): number {
  return phases.reduce((sum, phase) => sum + (times[phase] ?? 0), 0);
}

/** One bar of phases end to end; its whole width stands for `scaleMs`. */
export function phaseBar(say: PageSay, times: PhaseTimes, scaleMs: number): Html {
  const none = say('chart.notMeasured');
  if (totalOf(times) === 0 || scaleMs <= 0)
    return html`<svg class="bar" viewBox="0 0 240 12" preserveAspectRatio="xMinYMid slice" role="img" aria-label="${none}"><title>${none}</title><rect width="240" height="12" fill="url(#hatch)"/></svg>`;
  let from = 0;
  const said: string[] = [];
  const parts = phases.flatMap((phase) => {
    const ms = times[phase];
    if (ms === undefined) return [];
    const x = from;
    from += ms;
    said.push(`${say(`phase.${phase}`)} ${duration(say, ms)}`);
    return [segment(say, phase, x, ms, scaleMs, 12)];
  });
  const label = said.join(say('list.clause'));
  return html`<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><rect width="1000" height="12" class="track"/>${parts}</svg>`;
}

/** Both scales: where the time of one goes, over the whole width; beneath, thin, its length beside the longest of all. */
export function phaseBars(say: PageSay, times: PhaseTimes, longestMs: number): Html {
  const total = totalOf(times);
  if (total === 0 || longestMs <= 0) return phaseBar(say, times, longestMs);
  const label = say('chart.longest', { time: duration(say, total), longest: duration(say, longestMs) });
  const width = coordinate(Math.min(1000, (total / longestMs) * 1000));
  return html`${phaseBar(say, times, total)}<svg class="bar length" viewBox="0 0 1000 4" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><rect width="1000" height="4" class="track"/><rect width="${width}" height="4" class="length-fill"/></svg>`;
}

/** One phase as a rectangle of its own; positions in thousandths of `scaleMs`. */
export function segment(say: PageSay, phase: Phase, fromMs: number, ms: number, scaleMs: number, height: number): Html {
  const x = (fromMs / scaleMs) * 1000;
  const width = Math.max(0, (ms / scaleMs) * 1000);
  return html`<rect x="${coordinate(x)}" width="${coordinate(width)}" height="${height}" class="p-${phase}"><title>${say(`phase.${phase}`)} ${duration(say, ms)}</title></rect>`;
}

/** What a chart of samples shows beside them. */
export interface StripFrame {
  readonly width: number;
  readonly height: number;
  /** Above it a sample counts as slow; `null` while warming. */
  readonly thresholdMs: number | null;
  /** Whether a probe can still be walked to. */
  readonly isKept: (sample: SamplePoint) => boolean;
  /** With the words of the axis, for the large form. */
  readonly labelled: boolean;
  /** From when to when it reaches; `null`: from its first sample to its last. */
  readonly stretch: Stretch | null;
}

/**
 * The last samples over time: ok ones as a line, slow ones as triangles above the dashed threshold, first fetches of a
 * cache hollow, failures as crosses at the top, "could not tell" hatched from top to bottom.
 */
export function sampleStrip(say: PageSay, samples: readonly SamplePoint[], frame: StripFrame): Html {
  const { width, height } = frame;
  if (samples.length === 0)
    return html`<svg class="strip" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${say('chart.noSamples')}"><title>${say('chart.noSamples')}</title><rect width="${width}" height="${height}" fill="url(#hatch)"/></svg>`;
  const scale = scaleOf(samples, frame);
  const threshold =
    frame.thresholdMs === null
      ? null
      : html`<line x1="0" x2="${width}" y1="${coordinate(scale.y(frame.thresholdMs))}" y2="${coordinate(scale.y(frame.thresholdMs))}" class="threshold"/>`;
  const label = labelOf(say, samples, frame.thresholdMs);
  // The links in it make it no image; what is in it, and more, is said beside it and in the tables.
  return html`<span class="hidden">${label}</span><svg class="strip${frame.labelled && ' large'}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" aria-hidden="true" focusable="false"><title>${label}</title>
<line x1="0" x2="${width}" y1="${height - 0.5}" y2="${height - 0.5}" class="axis"/>${scale.ticks.map((tick) => tickLine(tick, scale, frame))}${threshold}${lines(samples, scale)}${samples.map((sample) => mark(say, sample, scale, frame))}${
    frame.labelled && words(say, frame, scale)
  }</svg>`;
}

function tickLine(wallMs: number, scale: Scale, { height, labelled }: StripFrame): Html {
  const x = coordinate(scale.x(wallMs));
  const word =
    labelled &&
    html`<text x="${x}" y="11" class="axis-word tick-word">${stamp(wallMs).slice(11, wallMs % 60_000 === 0 ? 16 : 19)}</text>`;
  return html`<line x1="${x}" x2="${x}" y1="${labelled ? 16 : height - 6}" y2="${height}" class="tick"/>${word}`;
}

interface Scale {
  readonly x: (wallMs: number) => number;
  /** Round times, wall milliseconds. */
  readonly ticks: readonly number[];
  readonly y: (ms: number) => number;
  readonly topMs: number;
}

function scaleOf(
  samples: readonly SamplePoint[],
  { width, height, thresholdMs, labelled, stretch }: StripFrame,
): Scale {
  const rtts = samples.flatMap((sample) => (sample.outcome.tag === 'ok' ? (sample.rttMs ?? []) : []));
  const topMs = Math.max((thresholdMs ?? 0) * 1.1, ...rtts, 1);
  const { fromMs, toMs } = stretch ?? stretchOf([samples], samples.at(-1)?.startedAtMs ?? 0) ?? { fromMs: 0, toMs: 1 };
  const lengthMs = Math.max(1, toMs - fromMs);
  const left = labelled ? 56 : 4;
  const headroom = labelled ? 34 : 11;
  return {
    topMs,
    x: (wallMs) => left + ((wallMs - fromMs) / lengthMs) * (width - left - 5),
    ticks: ticksOf({ fromMs, toMs }, labelled ? 8 : 4),
    y: (ms) => height - 3 - (ms / topMs) * (height - 3 - headroom),
  };
}

function isPlain(sample: SamplePoint): boolean {
  return sample.outcome.tag === 'ok' && !sample.cold && sample.rttMs !== null;
}

function lines(samples: readonly SamplePoint[], scale: Scale): Html[] {
  const runs: SamplePoint[][] = [[]];
  for (const sample of samples) {
    if (isPlain(sample)) runs.at(-1)?.push(sample);
    else if (!sample.cold) runs.push([]);
  }
  return runs
    .filter((run) => run.length > 1)
    .map(
      (run) =>
        html`<polyline class="rtt" points="${run.map((sample) => `${coordinate(scale.x(sample.startedAtMs))},${coordinate(scale.y(sample.rttMs ?? 0))}`).join(' ')}"/>`,
    );
}

function mark(say: PageSay, sample: SamplePoint, scale: Scale, { height, isKept, labelled }: StripFrame): Html {
  const x = scale.x(sample.startedAtMs);
  const outcome = `${outcomeText(say, sample)}${sample.outcome.tag === 'ok' ? ` ${duration(say, sample.rttMs)}` : ''}`;
  const said = say('chart.mark', { at: `${stamp(sample.startedAtMs).slice(11, 19)} UTC`, outcome });
  const says = sample.cold ? `${said}${say('list.clause')}${say('chart.firstFetch')}` : said;
  const shape = html`${shapeOf(sample, x, scale, height, labelled ? 1.5 : 1)}<title>${says}</title>`;
  const { probeId } = sample.due;
  return probeId !== null && isKept(sample)
    ? html`<a href="/probes/${encodeURIComponent(probeId)}" tabindex="-1">${shape}</a>`
    : html`<g>${shape}</g>`;
}

function shapeOf(sample: SamplePoint, x: number, scale: Scale, height: number, size: number): Html {
  const around = (r: number): string => coordinate(r * size);
  if (sample.outcome.tag === 'unknown')
    return html`<rect x="${coordinate(x - 2.5)}" y="1" width="5" height="${height - 3}" fill="url(#hatch)"/>`;
  if (sample.outcome.tag === 'failed') {
    const r = 3 * size;
    const y = (size > 1 ? 17 : 1.5) + r;
    return html`<line x1="${coordinate(x)}" x2="${coordinate(x)}" y1="${coordinate(y)}" y2="${height - 2}" class="fail-stem"/><path d="M${coordinate(x - r)} ${coordinate(y - r)}l${around(6)} ${around(6)}m0 ${around(-6)}l${around(-6)} ${around(6)}" class="fail"/>`;
  }
  const y = scale.y(sample.rttMs ?? 0);
  if (sample.cold)
    return html`<circle cx="${coordinate(x)}" cy="${coordinate(Math.max(5, y))}" r="${around(2)}" class="first-fetch"/>`;
  const isSlow = sample.thresholdMs !== null && (sample.rttMs ?? 0) > sample.thresholdMs;
  return isSlow
    ? html`<path d="M${coordinate(x)} ${coordinate(y - 3.5 * size)}l${around(3.5)} ${around(6)}h${around(-7)}z" class="slow"/>`
    : html`<circle cx="${coordinate(x)}" cy="${coordinate(y)}" r="${around(1.6)}" class="fine"/>`;
}

function labelOf(say: PageSay, samples: readonly SamplePoint[], thresholdMs: number | null): string {
  const count = (tag: SamplePoint['outcome']['tag']): number =>
    samples.filter(({ outcome }) => outcome.tag === tag).length;
  const counts = [say('chart.last', { count: samples.length, ok: count('ok') })];
  if (count('failed') > 0) counts.push(say('chart.failed', { count: count('failed') }));
  if (count('unknown') > 0) counts.push(say('chart.unknown', { count: count('unknown') }));
  counts.push(
    thresholdMs === null ? say('chart.noThreshold') : say('chart.slowAbove', { time: duration(say, thresholdMs) }),
  );
  return counts.join(say('list.clause'));
}

function words(say: PageSay, { height, thresholdMs }: StripFrame, scale: Scale): Html {
  const threshold =
    thresholdMs === null
      ? null
      : html`<text x="130" y="${coordinate(scale.y(thresholdMs) - 5)}" class="axis-word">${say('chart.slowAbove', { time: duration(say, thresholdMs) })}</text>`;
  return html`<text x="2" y="${coordinate(scale.y(scale.topMs) + 4)}" class="axis-word">${duration(say, scale.topMs)}</text><text x="2" y="${height - 5}" class="axis-word">0</text>${threshold}`;
}
