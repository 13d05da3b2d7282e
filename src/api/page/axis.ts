import type { SamplePoint } from '../../core/sample.ts';
import { stamp } from '../../core/views.ts';
import { renderSampleStrip, type StripFrame } from './charts.ts';
import { duration, type Html, html, type PageSay } from './html.ts';
import { stretchOf } from './ticks.ts';

/** A small strip with labels: its start, its end and, if there is room, its slowest response. */
export function stripWithAxis(
  say: PageSay,
  samples: readonly SamplePoint[],
  frame: StripFrame,
  hasRoom: boolean,
): Html {
  const own = stretchOf([samples], samples.at(-1)?.startedAtMs ?? 0);
  const stretch = frame.stretch ?? own;
  const longest = Math.max(0, ...samples.map(({ outcome, rttMs }) => (outcome.tag === 'ok' ? (rttMs ?? 0) : 0)));
  if (stretch === null || samples.length === 0) return renderSampleStrip(say, samples, frame);
  return html`<div class="strip-box">${renderSampleStrip(say, samples, frame)}<small class="times">${time(stretch.fromMs)}<span>${longest > 0 && hasRoom && say('chart.max', { time: duration(say, longest) })}</span>${time(stretch.toMs)}</small></div>`;
}

function time(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(11, 19)}</time>`;
}
