import type { Showing, Span } from './screen.ts';

const colours: Readonly<Record<number, string>> = {
  31: '#f47067',
  32: '#57ab5a',
  33: '#d9a441',
  34: '#6cb6ff',
  35: '#dcbdfb',
  36: '#56c8d8',
  90: '#8b949e',
};
/** Sizes of a character and of the margin, pixels. */
const cell = { width: 7.83, height: 19 };
const margin = { x: 18, y: 50 };
/** How long the last picture stays before the recording starts again, milliseconds. */
const restMs = 6_000;

/**
 * Draws a recording of a terminal as an animated SVG: each row appears when it was written. A viewer with reduced
 * motion or without CSS shows the last picture.
 * @param title  the command that was typed
 */
export function drawn(title: string, showings: readonly Showing[], columns: number): string {
  const rows = Math.max(...showings.map(({ row }) => row)) + 1;
  const width = Math.round(2 * margin.x + columns * cell.width);
  const height = Math.round(margin.y + (rows + 1) * cell.height);
  const endMs = Math.max(...showings.map(({ fromMs }) => fromMs)) + restMs;
  const texts = showings.map((showing, at) => rowText(showing, at));
  const frames = showings.map((showing, at) => keyframes(showing, at, endMs));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>
text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#e6edf3;white-space:pre}
.past{opacity:0}
@media (prefers-reduced-motion:no-preference){
${frames.join('\n')}
}
</style>
<rect width="${width}" height="${height}" rx="10" fill="#0d1117"/>
<circle cx="20" cy="20" r="6" fill="#f47067"/><circle cx="40" cy="20" r="6" fill="#d9a441"/><circle cx="60" cy="20" r="6" fill="#57ab5a"/>
<text x="84" y="24"><tspan fill="#8b949e">$ </tspan>${escaped(title)}</text>
${texts.join('\n')}
</svg>
`;
}

function rowText({ row, toMs, spans }: Showing, at: number): string {
  const y = margin.y + (row + 0.75) * cell.height;
  const length = spans.reduce((sum, { text }) => sum + text.length, 0);
  const fit = `textLength="${(length * cell.width).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text xml:space="preserve" class="r${at}${toMs === null ? '' : ' past'}" x="${margin.x}" y="${y.toFixed(1)}" ${fit}>${spans.map(tspan).join('')}</text>`;
}

function tspan({ text, colour, isBold, isDim }: Span): string {
  const look = [
    ...(colour === null ? [] : [`fill="${colours[colour] ?? '#e6edf3'}"`]),
    ...(isBold ? ['font-weight="bold"'] : []),
    ...(isDim ? ['opacity="0.65"'] : []),
  ];
  return look.length === 0 ? escaped(text) : `<tspan ${look.join(' ')}>${escaped(text)}</tspan>`;
}

function keyframes({ fromMs, toMs }: Showing, at: number, endMs: number): string {
  const share = (ms: number): string => `${((100 * ms) / endMs).toFixed(2)}%`;
  const off = toMs === null ? '' : `${share(toMs)}{opacity:0}`;
  const last = toMs === null ? '1' : '0';
  return `@keyframes k${at}{0%{opacity:0}${fromMs === 0 ? '' : `${share(fromMs)}{opacity:1}`}${off}100%{opacity:${last}}}.r${at}{animation:k${at} ${endMs}ms step-end infinite}`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
