import { stamp } from '../../core/views.ts';
import { percent as percentOf } from '../../words/percent.ts';
import { type Html, html } from './html.ts';
import type { PageSay } from './say.ts';

/** A duration for people: `0.4 ms`, `42 ms`, `1.24 s`, `3 min`; `null` is an em dash. */
export function duration(say: PageSay, ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '—';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  return span(say, ms);
}

/** A length of time in its largest unit: `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(say: PageSay, ms: number): string {
  const s = Math.round(Math.max(0, ms) / 1000);
  if (s < 100) return say('unit.s', { count: s });
  if (s < 100 * 60) return say('unit.min', { count: Math.round(s / 60) });
  if (s < 48 * 3600) return say('unit.h', { count: Math.round(s / 3600) });
  return say('unit.d', { count: Math.round(s / 86_400) });
}

/** A wall stamp with how long ago it was, the whole stamp in its title. */
export function ago(say: PageSay, wallMs: number | null, nowMs: number): Html | string {
  return wallMs === null
    ? say('unit.never')
    : html`<time datetime="${stamp(wallMs)}" title="${stamp(wallMs)}">${say('unit.ago', { span: span(say, nowMs - wallMs) })}</time>`;
}

/** A wall stamp as time of day, UTC, the whole stamp in its title. */
export function at(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(11, 19)} UTC</time>`;
}

/** A wall stamp as date and time, UTC. */
export function dated(wallMs: number): Html {
  const text = stamp(wallMs);
  return html`<time datetime="${text}" title="${text}">${text.slice(0, 10)} ${text.slice(11, 16)} UTC</time>`;
}

/** A wall stamp in a few characters, where its year is known: `03-04 08:15`, UTC. */
export function short(wallMs: number): string {
  return stamp(wallMs).slice(5, 16).replace('T', ' ');
}

/** A share 0 to 1 as a percentage that never rounds up to 100 or down to 0. */
export function percent(say: PageSay, share: number | null): string {
  return share === null ? '—' : percentOf(share, say);
}

/** How many samples. */
export function samplesText(say: PageSay, count: number): string {
  return say('unit.samples', { count });
}

/** Bytes in binary units. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  return count < 1024 ** 2 ? `${(count / 1024).toFixed(1)} KiB` : `${(count / 1024 ** 2).toFixed(1)} MiB`;
}

/** A number in so few digits as an SVG attribute needs. */
export function coordinate(value: number): string {
  return String(Math.round(value * 10) / 10);
}
