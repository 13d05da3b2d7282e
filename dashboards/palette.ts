import { type Reason, reasons, reasonWeight } from '../src/core/failure.ts';
import type { FindingKind } from '../src/core/finding.ts';

// Colours after Okabe and Ito, told apart by eyes that do not see red and green; a word or a number always stands beside.
// Those that lie under text are darker or lighter than theirs: Grafana writes white on all that is darker than a
// brightness of 180 and near black on the rest, and either has 4.5:1 that way (white on their orange has 2.2:1).

/** The colours by name. */
export const colour = {
  blue: '#0072B2',
  sky: '#56B4E9',
  green: '#009E73',
  yellow: '#F0E442',
  orange: '#E69F00',
  vermilion: '#D55E00',
  purple: '#CC79A7',
  grey: '#8E8E8E',
} as const;

/**
 * What a verdict looks like as a ground under text: the same on every board. Grey is "not known", nowhere "well". None is
 * near a colour that Grafana gives lines by their names: a band is a state, a line of that colour would be a mirror.
 */
export const verdict = {
  fine: '#007A59',
  watch: '#DCD974',
  bad: '#AE3204',
  unknown: '#6B6B6B',
} as const;

/** What a verdict looks like as text or as a line: each between the light and the dark ground of a panel. */
export const ink = {
  watch: '#B37400',
  bad: '#D55E00',
  unknown: '#808080',
} as const;

/** One colour for each kind of finding, none of them green: what clients cannot use warm, what is slow or late blue, what is about us grey. */
export const findingColour: Readonly<Record<FindingKind, string>> = {
  outage: colour.vermilion,
  mismatch: '#8C3B66',
  refusal: colour.orange,
  unreliable: '#8A5F00',
  certificate: colour.purple,
  spike: colour.blue,
  level_shift: colour.sky,
  throughput: '#003F66',
  lag: '#8CCBF0',
  capability: '#B9B4E8',
  vantage: '#5A5A5A',
  self: colour.grey,
};

/** A round trip from fast to slow, as grounds under text. */
export const heatColour = {
  fast: colour.blue,
  brisk: '#8CCBF0',
  slow: verdict.watch,
  verySlow: verdict.bad,
} as const;

/** The phases of a round trip, as on the daemon's status page. */
export const phaseColour = {
  resolve: '#74b9e0',
  connect: '#0b6fae',
  tls: '#c06c9d',
  processing: '#e09a00',
  transfer: '#159b78',
} as const;

/** Five steps of one hue, for the reasons of one family. */
const shades: Readonly<Record<string, readonly string[]>> = {
  way: ['#003F66', '#005A8D', '#0072B2', '#2C93CF', '#56B4E9', '#8CCBF0'],
  timeout: ['#8A5F00', '#B37B00', '#E69F00', '#F0B93E', '#F7D27F'],
  tls: ['#8C3B66', '#A5527F', '#CC79A7', '#D898BB', '#E4B7D0', '#F0D6E5'],
  refusal: ['#8F8700', '#B8AD00', '#D9CC12', '#F0E442', '#F7F1A1'],
  answer: [
    '#7A3600',
    '#A84A00',
    '#D55E00',
    '#F07A1F',
    '#F59B57',
    '#F9BC8F',
    '#004D38',
    '#009E73',
    '#4CC3A1',
    '#99DCC9',
  ],
};

function familyOf(reason: Reason): string {
  if (reason.startsWith('timeout_')) return 'timeout';
  if (reason.startsWith('tls_')) return 'tls';
  if (reason.startsWith('resolve_') || ['refused', 'unreachable', 'reset'].includes(reason)) return 'way';
  // How it counts is a refusal's; what it is, is a redirect that we do not follow.
  if (reason === 'forbidden_target') return 'answer';
  return reasonWeight[reason] === 'refusal' ? 'refusal' : 'answer';
}

/** One colour for each reason: one hue for each family (the way there, timeouts, TLS, refusals, what was answered). */
export const reasonColour: Readonly<Record<Reason, string>> = (() => {
  const used = new Map<string, number>();
  const entries = reasons.map((reason) => {
    const family = familyOf(reason);
    const index = used.get(family) ?? 0;
    used.set(family, index + 1);
    const list = shades[family] ?? [];
    return [reason, list[index % list.length] ?? colour.grey] as const;
  });
  return Object.fromEntries(entries) as Record<Reason, string>;
})();
