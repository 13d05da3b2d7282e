import { stamp } from '../../core/views.ts';
import { type Html, html } from './html.ts';

/** A duration for people: `0.4 ms`, `42 ms`, `1.24 s`, `3 min`; `null` is an em dash. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '—';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9_995) return `${(ms / 1000).toFixed(2)} s`;
  if (ms < 99_950) return `${(ms / 1000).toFixed(1)} s`;
  return span(ms);
}

/** A length of time in its largest unit: `12 s`, `4 min`, `3 h`, `2 d`. */
export function span(ms: number): string {
  const s = Math.round(Math.max(0, ms) / 1000);
  if (s < 100) return `${s} s`;
  if (s < 100 * 60) return `${Math.round(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86_400)} d`;
}

/** A wall stamp with how long ago it was, the whole stamp in its title. */
export function ago(wallMs: number | null, nowMs: number): Html | string {
  return wallMs === null
    ? 'never'
    : html`<time datetime="${stamp(wallMs)}" title="${stamp(wallMs)}">${span(nowMs - wallMs)} ago</time>`;
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

/** A share 0 to 1 as a percentage that never rounds up to 100 or down to 0. */
export function percent(share: number | null): string {
  if (share === null) return '—';
  const value = share * 100;
  if (value > 99.9 && value < 100) return '99.9 %';
  if (value > 0 && value < 0.1) return '0.1 %';
  return `${Number(value.toFixed(1))} %`;
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
