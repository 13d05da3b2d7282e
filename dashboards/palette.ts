import { type Because, becauses, type Reason, reasons, reasonWeight } from '../src/core/failure.ts';

// test/unit/dashboards/colours.test.ts compares these colours on the grounds of both themes, also as people see them who
// do not see red or green.

/** Colours of lines and bars: any two can be told apart. */
export const colour = {
  blue: '#1B6CFF',
  gold: '#C2B006',
  magenta: '#C803A9',
  sky: '#11BAFE',
  olive: '#6F7404',
  rose: '#CD8195',
} as const;
/** What is not there, or not known. */
export const grey = '#8E8E8E';

/** The colours of mirrors by `mirror_position`; the seventh mirror of an upstream has the first colour again. */
export const mirrorColours: readonly string[] = Object.values(colour);

/**
 * Verdicts as grounds under text, the same on every board. Grey is "not known", never "fine". Grafana writes white on all
 * that is darker than a brightness of 180, and near black on the rest.
 */
export const verdict = {
  fine: '#007098',
  watch: '#DCD974',
  bad: '#AE3204',
  unknown: '#6B6B6B',
} as const;

/** Verdicts as text or as a line, legible on the dark and on the light ground of a panel. */
export const ink = {
  watch: '#B37400',
  bad: '#E0457B',
  unknown: '#808080',
} as const;

/** A round trip from fast to slow, as grounds under text. */
export const heatColour = {
  fast: '#0072B2',
  brisk: '#8CCBF0',
  slow: verdict.watch,
  verySlow: verdict.bad,
} as const;

/** The phases of a round trip. */
export const phaseColour = {
  resolve: colour.sky,
  connect: colour.blue,
  tls: colour.magenta,
  processing: colour.gold,
  transfer: colour.rose,
} as const;

function colourOfReason(reason: Reason): string {
  if (reason.startsWith('timeout_')) return colour.gold;
  if (reason.startsWith('tls_')) return colour.magenta;
  if (reason.startsWith('resolve_') || ['refused', 'unreachable', 'reset'].includes(reason)) return colour.blue;
  return reasonWeight[reason] === 'refusal' && reason !== 'forbidden_target' ? colour.sky : colour.rose;
}

/** One colour for each family of reasons: the connection, timeouts, TLS, refusals, wrong responses. The legend names the reason. */
export const reasonColour = Object.fromEntries(reasons.map((reason) => [reason, colourOfReason(reason)]));

const causeColour: Readonly<Record<Because, string>> = {
  contaminated: colour.magenta,
  local: colour.magenta,
  defect: colour.magenta,
  vantage: colour.blue,
  proxy: colour.blue,
  resolver: colour.blue,
  paused: colour.olive,
  over_budget: colour.gold,
  shutdown: colour.sky,
};

/** Why probes are unknown: this machine, this network, or on purpose. */
export const becauseColour = Object.fromEntries(becauses.map((because) => [because, causeColour[because]]));
