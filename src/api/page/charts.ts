import { type Phase, phases } from '../../core/failure.ts';
import type { PhaseTimes, SamplePoint } from '../../core/sample.ts';
import { stamp } from '../../core/views.ts';
import { outcomeTextOf, probePath } from './badges.ts';
import { durationHtml, formatCoordinate, type Html, html, type PageSay } from './html.ts';
import {
  decadesOf,
  formatRound,
  okTimesOf,
  shareOn,
  stretchOf,
  type TickSpan,
  type TimeScale,
  ticksOf,
  totalOf,
} from './scale.ts';

/** Fill patterns that all charts of a page use. Hatching means "unknown" or "not measured". */
export const patterns: Html = html`<svg class="defs" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" class="hatch-ground"/><rect width="1.6" height="5" class="hatch-line"/></pattern>
</defs></svg>`;

export function renderPhaseKey(say: PageSay): Html {
  return html`<ul class="key" aria-label="${say('chart.phases')}">${phases.map(
    (phase) =>
      html`<li><svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" rx="2" class="p-${phase}"/></svg>${say(`phase.${phase}`)}</li>`,
  )}</ul>`;
}

/**
 * Renders the phases of a response as a bar. Its length is their sum on `scale`. Each phase has its share of this
 * length.
 */
export function renderPhaseBar(say: PageSay, times: PhaseTimes, scale: TimeScale): Html {
  const none = say('rank.unmeasured');
  const total = totalOf(times);
  if (total === 0)
    return html`<svg class="bar" viewBox="0 0 240 12" preserveAspectRatio="xMinYMid slice" role="img" aria-label="${none}"><title>${none}</title><rect width="240" height="12" fill="url(#hatch)"/></svg>`;
  const fullMs = total / shareOn(scale, total);
  let from = 0;
  const texts: string[] = [];
  const parts = phases.flatMap((phase) => {
    const ms = times[phase];
    if (ms === undefined) return [];
    const x = from;
    from += ms;
    texts.push(`${say(`phase.${phase}`)} ${durationHtml(say, ms)}`);
    return [renderSegment(say, phase, x, ms, fullMs, 12)];
  });
  const label = texts.join(say('list.clause'));
  const decades = decadesOf(scale).map((ms) => html`M${formatCoordinate(1000 * shareOn(scale, ms))} 0v12`);
  return html`<svg class="bar" viewBox="0 0 1000 12" preserveAspectRatio="none" role="img" aria-label="${label}"><title>${label}</title><rect width="1000" height="12" class="track"/>${parts}<path d="${decades}" class="decade"/></svg>`;
}

/** Renders the heads of the columns of bars and of small charts, with both ends of their scale. */
export function renderScaleHeads(say: PageSay, scale: TimeScale): Html {
  const [from, to] = [formatRound(scale.fromMs), formatRound(scale.toMs)];
  return html`<th scope="col" class="wide">${say('table.phases')}<span class="ends"><span>${from}</span><span>${to}</span></span></th><th scope="col" class="wide">${say('table.samples')}<span class="ends">${say('chart.scale', { from, to })}</span></th>`;
}

/** Renders one phase as a rectangle. Its position and width are in thousandths of `scaleMs`. */
export function renderSegment(
  say: PageSay,
  phase: Phase,
  fromMs: number,
  ms: number,
  scaleMs: number,
  height: number,
): Html {
  const x = (fromMs / scaleMs) * 1000;
  const width = Math.max(0, (ms / scaleMs) * 1000);
  return html`<rect x="${formatCoordinate(x)}" width="${formatCoordinate(width)}" height="${height}" class="p-${phase}"><title>${say(`phase.${phase}`)} ${durationHtml(say, ms)}</title></rect>`;
}

/**
 * The dimensions of a chart of samples. The chart adapts to the width of the page, so x is in percent and y in pixels.
 */
export interface StripFrame {
  readonly heightPx: number;
  readonly thresholdMs: number | null;
  readonly isKept: (sample: SamplePoint) => boolean;
  /** True: the chart is large and has axis labels. */
  readonly labelled: boolean;
  /** The time range of the chart; `null`: it reaches from the first to the last sample. */
  readonly stretch: TickSpan | null;
  /** The scale of round trips, shared with other charts. */
  readonly times: TimeScale;
}

/**
 * Renders samples over time. Triangles are slow responses. Hollow dots are responses that a cache had to fetch first.
 * Crosses are failures, and hatching means unknown.
 */
export function renderSampleStrip(say: PageSay, samples: readonly SamplePoint[], frame: StripFrame): Html {
  const { heightPx, thresholdMs, labelled } = frame;
  if (samples.length === 0)
    return html`<svg class="strip" width="100%" height="${heightPx}" role="img" aria-label="${say('chart.noSamples')}"><title>${say('chart.noSamples')}</title><rect width="100%" height="${heightPx}" fill="url(#hatch)"/></svg>`;
  const scale = scaleOf(samples, frame);
  const threshold = thresholdMs !== null && levelLine(scale.y(thresholdMs), 'threshold');
  const label = labelOf(say, samples, thresholdMs);
  const ticks = scale.ticks.map((tick, i) => tickLine(tick, i, scale, frame));
  const decades = decadesOf(scale.times).map((ms) => levelLine(scale.y(ms), 'decade'));
  // The chart is hidden from screen readers, which read the text `label` instead.
  return html`<span class="hidden">${label}</span><svg class="strip${labelled && ' large'}" width="100%" height="${heightPx + (labelled ? wordsPx : 0)}" aria-hidden="true" focusable="false"><title>${label}</title>
<line x1="0" x2="100%" y1="${heightPx - 0.5}" y2="${heightPx - 0.5}" class="axis"/>${ticks}${decades}${threshold}${lines(samples, scale, frame)}${samples.map((sample) => mark(say, sample, scale, frame))}${
    labelled && words(say, frame, scale)
  }</svg>`;
}

function levelLine(y: number, kind: 'decade' | 'threshold'): Html {
  return html`<line x1="0" x2="100%" y1="${formatCoordinate(y)}" y2="${formatCoordinate(y)}" class="${kind}"/>`;
}

const wordsPx = 16;

function tickLine(wallMs: number, at: number, scale: Scale, { heightPx, labelled }: StripFrame): Html {
  const along = scale.x(wallMs);
  const x = `${along.toFixed(2)}%`;
  const isWhole = wallMs % 60_000 === 0;
  // A label at an edge would be cut off, so it is omitted.
  const word =
    labelled &&
    along > 5 &&
    along < 95 &&
    html`<text x="${x}" y="${heightPx + 13}" class="axis-word tick-word${at % 2 === 1 && ' minor'}">${stamp(wallMs).slice(11, isWhole ? 16 : 19)}</text>`;
  return html`<line x1="${x}" x2="${x}" y1="${labelled ? headroomPx : heightPx - 6}" y2="${heightPx}" class="tick"/>${word}`;
}

const headroomPx = 16;

type Scale = ReturnType<typeof scaleOf>;

function scaleOf(samples: readonly SamplePoint[], { heightPx, labelled, stretch, times }: StripFrame) {
  const { fromMs, toMs } = stretch ?? stretchOf([samples], samples.at(-1)?.startedAtMs ?? 0) ?? { fromMs: 0, toMs: 1 };
  const lengthMs = Math.max(1, toMs - fromMs);
  const headroom = labelled ? headroomPx : 11;
  return {
    times,
    /** Converts a time to an x position in percent of the width. */
    x: (wallMs: number) => edge + ((wallMs - fromMs) / lengthMs) * (100 - 2 * edge),
    /** The times of the axis ticks, wall milliseconds. */
    ticks: ticksOf({ fromMs, toMs }, labelled ? 8 : 4),
    y: (ms: number) => heightPx - 3 - shareOn(times, ms) * (heightPx - 3 - headroom),
  };
}

/** The margin at both ends, in percent of the width. It leaves room for the first and last mark. */
const edge = 1.5;

function lines(samples: readonly SamplePoint[], scale: Scale, { heightPx }: StripFrame): Html {
  const runs: SamplePoint[][] = [[]];
  for (const sample of samples) {
    if (sample.outcome.tag === 'ok' && !sample.cold && sample.rttMs !== null) runs.at(-1)?.push(sample);
    else if (!sample.cold) runs.push([]);
  }
  const point = ({ startedAtMs, rttMs }: SamplePoint): string =>
    `${formatCoordinate(10 * scale.x(startedAtMs))},${formatCoordinate(scale.y(rttMs ?? 0))}`;
  const drawn = runs
    .filter((run) => run.length > 1)
    .map((run) => html`<polyline class="rtt" points="${run.map(point).join(' ')}"/>`);
  return html`<svg width="100%" height="${heightPx}" viewBox="0 0 1000 ${heightPx}" preserveAspectRatio="none">${drawn}</svg>`;
}

function mark(say: PageSay, sample: SamplePoint, scale: Scale, { heightPx, isKept, labelled }: StripFrame): Html {
  const x = scale.x(sample.startedAtMs).toFixed(2);
  const outcome = `${outcomeTextOf(say, sample)}${sample.outcome.tag === 'ok' ? ` ${durationHtml(say, sample.rttMs)}` : ''}`;
  const texts = say('chart.mark', { at: `${stamp(sample.startedAtMs).slice(11, 19)} UTC`, outcome });
  const text = sample.cold ? `${texts}${say('list.clause')}${say('chart.firstFetch')}` : texts;
  const shape = html`<svg x="${x}%">${shapeOf(sample, scale, heightPx, labelled ? 1.5 : 1)}</svg><title>${text}</title>`;
  const { probeId } = sample.due;
  return probeId !== null && isKept(sample)
    ? html`<a href="${probePath(probeId)}" tabindex="-1">${shape}</a>`
    : html`<g>${shape}</g>`;
}

function shapeOf(sample: SamplePoint, scale: Scale, height: number, size: number): Html {
  const around = (r: number): string => formatCoordinate(r * size);
  if (sample.outcome.tag === 'unknown')
    return html`<rect x="-2.5" y="1" width="5" height="${height - 3}" fill="url(#hatch)"/>`;
  if (sample.outcome.tag === 'failed') {
    const r = 3 * size;
    const y = (size > 1 ? headroomPx : 1.5) + r;
    return html`<line y1="${formatCoordinate(y)}" y2="${height - 2}" class="fail-stem"/><path d="M${formatCoordinate(-r)} ${formatCoordinate(y - r)}l${around(6)} ${around(6)}m0 ${around(-6)}l${around(-6)} ${around(6)}" class="fail"/>`;
  }
  const y = scale.y(sample.rttMs ?? 0);
  if (sample.cold) return html`<circle cy="${formatCoordinate(Math.max(5, y))}" r="${around(2)}" class="first-fetch"/>`;
  const isSlow = sample.thresholdMs !== null && (sample.rttMs ?? 0) > sample.thresholdMs;
  return isSlow
    ? html`<path d="M0 ${formatCoordinate(y - 3.5 * size)}l${around(3.5)} ${around(6)}h${around(-7)}z" class="slow"/>`
    : html`<circle cy="${formatCoordinate(y)}" r="${around(1.6)}" class="fine"/>`;
}

function labelOf(say: PageSay, samples: readonly SamplePoint[], thresholdMs: number | null): string {
  const count = (tag: SamplePoint['outcome']['tag']): number =>
    samples.filter(({ outcome }) => outcome.tag === tag).length;
  const counts = [say('chart.last', { count: samples.length, ok: count('ok') })];
  if (count('failed') > 0) counts.push(say('chart.failed', { count: count('failed') }));
  if (count('unknown') > 0) counts.push(say('chart.unknown', { count: count('unknown') }));
  counts.push(
    thresholdMs === null ? say('chart.noThreshold') : say('chart.slowAbove', { time: durationHtml(say, thresholdMs) }),
  );
  return counts.join(say('list.clause'));
}

function words(say: PageSay, { thresholdMs }: StripFrame, { y, times }: Scale): Html {
  const inner = decadesOf(times).filter((ms) => Math.abs(shareOn(times, ms) - 0.5) < 0.4);
  const marks = [times.fromMs, ...inner, times.toMs].map(
    (ms) => html`<text x="100%" dx="6" y="${formatCoordinate(y(ms) + 4)}" class="axis-word">${formatRound(ms)}</text>`,
  );
  if (thresholdMs === null) return html`${marks}`;
  const text = say('chart.slowAbove', { time: durationHtml(say, thresholdMs) });
  return html`${marks}<text x="2" y="${formatCoordinate(y(thresholdMs) - 5)}" class="axis-word">${text}</text>`;
}

/** Renders a small chart of samples with its start and end time and its slowest response. */
export function stripWithAxis(say: PageSay, samples: readonly SamplePoint[], frame: StripFrame): Html {
  const stretch = frame.stretch ?? stretchOf([samples], samples.at(-1)?.startedAtMs ?? 0);
  const longest = Math.max(0, ...okTimesOf(samples));
  if (stretch === null || samples.length === 0) return renderSampleStrip(say, samples, frame);
  return html`<div class="strip-box">${renderSampleStrip(say, samples, frame)}<small class="times">${time(stretch.fromMs)}<span>${longest > 0 && say('chart.max', { time: durationHtml(say, longest) })}</span>${time(stretch.toMs)}</small></div>`;
}

function time(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(11, 19)}</time>`;
}
