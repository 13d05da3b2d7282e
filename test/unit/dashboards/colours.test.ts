import { describe, expect, test } from 'vitest';
import { colour, grey, heatColour, ink, phaseColour, reasonColour, verdict } from '../../../dashboards/palette.ts';
import { reasons } from '../../../src/core/failure.ts';
import { type Colour, colourOf, contrast, distance, eyes, mixed } from '../../support/colours.ts';

/** The ground of a panel in Grafana's themes. */
const grounds = { dark: '#181b1f', light: '#ffffff' };
/** Colours that one panel has beside each other. Words of `ink.unknown` say themselves that something is not known. */
const sets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  lines: colour,
  phases: phaseColour,
  reasons: Object.fromEntries([...new Set(Object.values(reasonColour))].map((hex) => [hex, hex])),
  verdicts: verdict,
  marks: { watch: ink.watch, bad: ink.bad },
  heat: { ...heatColour, unknown: verdict.unknown },
};

describe.each(Object.entries(sets))('the %s', (_set, set) => {
  test.each(Object.entries(eyes))('are told apart in pairs by %s', (_eyes, rows) => {
    const all = Object.entries(set).map(([name, hex]) => [name, mixed(rows, colourOf(hex))] as const);
    const close = all.flatMap(([one, a], index) =>
      all.slice(0, index).flatMap(([other, b]) => (distance(a, b) < 18 ? [`${one} ${other}`] : [])),
    );
    expect(close).toEqual([]);
  });
});

test.each(Object.entries(grounds))('lines, bars and text are seen on the %s ground', (theme, ground) => {
  const min = theme === 'dark' ? 3.2 : 2.2;
  const faint = [...Object.values(colour), grey, ...Object.values(ink)].filter(
    (hex) => contrast(colourOf(hex), colourOf(ground)) < min,
  );
  expect(faint).toEqual([]);
});

test('text on the ground of a verdict or a round trip has a contrast of 4.5, as Grafana writes it', () => {
  const white: Colour = [1, 1, 1];
  const low = [...Object.values(verdict), ...Object.values(heatColour)].filter((hex) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    const isDark = (red * 299 + green * 587 + blue * 114) / 1000 < 180;
    return contrast(colourOf(hex), isDark ? white : colourOf('#202226')) < 4.5;
  });
  expect(low).toEqual([]);
});

test('each reason has a colour', () => expect(Object.keys(reasonColour)).toEqual([...reasons]));
