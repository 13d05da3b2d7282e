import type { DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard';
import { words } from './frame.ts';
import { ink, verdict } from './palette.ts';
import { colouredText } from './panels.ts';

// What tables of several boards have in common.

/** How the coded state reads, the same in tables and bands. */
export const stateWords = words({
  0: ['up', verdict.fine],
  1: ['unknown', verdict.unknown],
  2: ['degraded', verdict.watch],
  3: ['down', verdict.bad],
});

/** How the state of advice reads in tables: while its cause is over, clients that have not switched need not switch. */
export const adviceStates: readonly DynamicConfigValue[] = [
  { id: 'mappings', value: [words({ over: ['over: need not switch', verdict.fine] })] },
];

/** Whole days: Grafana's durations make "1 month" of 59 days. */
export const daysLeft: readonly DynamicConfigValue[] = [
  { id: 'unit', value: 'suffix: days' },
  { id: 'decimals', value: 0 },
  ...colouredText([null, ink.bad], [14, 'text']),
];

const capital = (word: string) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`;

/** Columns in this order under these names (default: the label with a capital); without the time. */
export function columnsOf(
  order: readonly string[],
  without: Readonly<Record<string, boolean>> = {},
  names: Readonly<Record<string, string>> = {},
) {
  const options = {
    excludeByName: { Time: true, ...without },
    indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
    renameByName: Object.fromEntries(order.map((name) => [name, names[name] ?? capital(name)])),
  };
  return { id: 'organize', options };
}
