import { describe, expect, test } from 'vitest';
import { style } from '../../../src/api/page/assets.ts';
import { type Colour, colourOf, contrast, distance, eyes, mixed } from '../../support/colours.ts';

const [light = '', dark = ''] = style.split('@media (prefers-color-scheme: dark)');
const themes = {
  light,
  dark: dark.slice(0, dark.indexOf('* {')),
};

/** A variable of the style sheet. */
const variableOf = (name: string, theme: string): Colour =>
  colourOf(new RegExp(`--${name}: (#\\w{6});`).exec(theme)?.[1] ?? '');

describe.each(Object.entries(themes))('the phase processing in the %s theme', (_name, theme) => {
  const processing = variableOf('processing', theme);
  test.each(Object.entries(eyes))('is far from each warning and each other phase for %s', (_eyes, rows) => {
    const apart = (name: string): number => distance(mixed(rows, processing), mixed(rows, variableOf(name, theme)));
    for (const name of ['degraded', 'down']) expect([name, apart(name) > 40]).toEqual([name, true]);
    for (const name of ['resolve', 'connect', 'tls', 'transfer'])
      expect([name, apart(name) > 20]).toEqual([name, true]);
  });
  test.each(['ground', 'card', 'track'])('has a contrast of at least 3 to %s', (name) => {
    expect(contrast(processing, variableOf(name, theme))).toBeGreaterThan(3);
  });
});
