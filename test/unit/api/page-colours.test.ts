import { describe, expect, test } from 'vitest';
import { style } from '../../../src/api/page/assets.ts';
import { table } from '../../support/table.ts';

type Colour = readonly [number, number, number];

const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark)');
const themes = {
  light,
  dark: dark.slice(0, dark.indexOf('* {')),
};

/** Linear red, green and blue of a variable of the style sheet, each 0 to 1. */
function colourOf(name: string, theme: string): Colour {
  const hex = new RegExp(`--${name}: #(\\w{6});`).exec(theme)?.[1] ?? '';
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return [red, green, blue];
}

function mixed(rows: readonly Colour[], [red, green, blue]: Colour): Colour {
  const [a = 0, b = 0, c = 0] = rows.map((row) => row[0] * red + row[1] * green + row[2] * blue);
  return [a, b, c];
}

// Machado, Oliveira and Fernandes (2009), severity 1.
const eyes = table<Readonly<Record<string, readonly Colour[]>>>('unit/api/page-colours', 'eyes');

const toXyz: readonly Colour[] = [
  [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
  [0.2126, 0.7152, 0.0722],
  [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
];

/** CIE 1976: two colours that are 2.3 apart can just be told apart. */
function distance(one: Colour, other: Colour): number {
  const [a, b] = [one, other].map((colour) => {
    const [x, y, z] = mixed(toXyz, colour).map((part) =>
      part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116,
    ) as [number, number, number];
    return [116 * y, 500 * (x - y), 200 * (y - z)];
  });
  return Math.hypot(...(a ?? []).map((part, i) => part - (b?.[i] ?? 0)));
}

const brightness = (colour: Colour): number => mixed(toXyz, colour)[1];

describe.each(Object.entries(themes))('the phase processing in the %s theme', (_name, theme) => {
  const processing = colourOf('processing', theme);
  test.each(Object.entries(eyes))('is far from each warning and each other phase for %s', (_eyes, rows) => {
    const apart = (name: string): number => distance(mixed(rows, processing), mixed(rows, colourOf(name, theme)));
    for (const name of ['degraded', 'down']) expect([name, apart(name) > 40]).toEqual([name, true]);
    for (const name of ['resolve', 'connect', 'tls', 'transfer'])
      expect([name, apart(name) > 20]).toEqual([name, true]);
  });
  test.each(['ground', 'card', 'track'])('has a contrast of at least 3 to %s', (name) => {
    const [less = 0, more = 0] = [processing, colourOf(name, theme)].map(brightness).toSorted((a, b) => a - b);
    expect((more + 0.05) / (less + 0.05)).toBeGreaterThan(3);
  });
});
