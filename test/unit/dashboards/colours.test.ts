import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { colour, findingColour, verdict } from '../../../dashboards/palette.ts';
import { findingKinds } from '../../../src/core/finding.ts';
import { repoDir } from '../../support/paths.ts';

interface Panel {
  readonly title?: string;
  readonly panels?: readonly Panel[];
  readonly fieldConfig?: {
    readonly defaults?: { readonly thresholds?: { readonly steps?: readonly { readonly color: string }[] } };
    readonly overrides?: readonly {
      readonly matcher: { readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: { readonly fixedColor?: string } }[];
    }[];
  };
}

function panelOf(board: string, title: string): Panel | undefined {
  const { panels } = JSON.parse(readFileSync(join(repoDir, 'dashboards', `${board}.json`), 'utf8')) as {
    panels: readonly Panel[];
  };
  return panels.flatMap((one) => [one, ...(one.panels ?? [])]).find((one) => one.title === title);
}

const greens: readonly string[] = [colour.green, verdict.fine];

describe('colours of what is wrong', () => {
  it('each kind of finding has its own, and none is green', () => {
    const overrides = panelOf('overview', 'Findings open, by kind')?.fieldConfig?.overrides ?? [];
    const drawn = Object.fromEntries(
      overrides.map(({ matcher, properties }) => [
        matcher.options,
        properties.find(({ id }) => id === 'color')?.value.fixedColor,
      ]),
    );
    expect(drawn).toEqual(findingColour);
    expect(Object.keys(drawn).toSorted()).toEqual([...findingKinds].toSorted());
    expect(new Set(Object.values(drawn)).size).toBe(findingKinds.length);
    expect(Object.values(drawn).filter((one) => one !== undefined && greens.includes(one))).toEqual([]);
  });
  it('no age of a last good answer says that a mirror is well', () => {
    const steps = panelOf('mirror', 'Since the last good answer')?.fieldConfig?.defaults?.thresholds?.steps ?? [];
    expect(steps.length).toBeGreaterThan(2);
    expect(steps.filter(({ color }) => greens.includes(color))).toEqual([]);
  });
});

// What Grafana gives lines by the hash of their names (`palette-classic-by-name`), in the dark and in the light theme.
// @see grafana/grafana packages/grafana-data/src/themes/createVisualizationColors.ts
const named = {
  dark: '#73BF69 #F2CC0C #5794F2 #FF9830 #F2495C #B877D9 #37872D #E0B400 #1F60C4 #FA6400 #C4162A #8F3BB8 #C8F2C2 #FFF899 #C0D8FF #FFCB7D #FFA6B0 #DEB6F2',
  light:
    '#56A64B #E0B400 #3274D9 #FF780A #E02F44 #A352CC #19730E #CC9D00 #1250B0 #E55400 #AD0317 #7C2EA3 #96D98D #FFEE52 #8AB8FF #FFB357 #FF7383 #CA95E5',
};
const plain =
  '#447EBC #C15C17 #890F02 #0A437C #6D1F62 #584477 #B7DBAB #F4D598 #70DBED #F9BA8F #F29191 #82B5D8 #E5A8E2 #AEA2E0 #629E51 #E5AC0E #64B0C8 #E0752D #BF1B00 #0A50A1 #962D82 #614D93 #9AC48A #F2C96D #65C5DB #F9934E #EA6460 #5195CE #D683CE #806EB7 #3F6833 #967302 #2F575E #99440A #58140C #052B51 #511749 #3F2B5B #E0F9D7 #FCEACA #CFFAFF #F9E2D2 #FCE2DE #BADFF4 #F9D9F9 #DEDAF7';
const themes = [
  { ground: '#181b1f', lines: `${named.dark} ${plain}`.split(' ') },
  { ground: '#ffffff', lines: `${named.light} ${plain}`.split(' ') },
];

const parts = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
/** CIE L*a*b* of sRGB parts, D65. */
function lab(rgb: readonly number[]): readonly [number, number, number] {
  const [r = 0, g = 0, b = 0] = rgb
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  const f = (t: number) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
  const y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
/** The CIE94 difference for graphic arts: below 2 nobody sees it side by side. */
function apart(one: readonly number[], other: readonly number[]): number {
  const [[l1, a1, b1], [l2, a2, b2]] = [lab(one), lab(other)];
  const [c1, c2] = [Math.hypot(a1, b1), Math.hypot(a2, b2)];
  const hue = Math.max(0, (a1 - a2) ** 2 + (b1 - b2) ** 2 - (c1 - c2) ** 2);
  return Math.sqrt((l1 - l2) ** 2 + ((c1 - c2) / (1 + 0.045 * c1)) ** 2 + hue / (1 + 0.015 * c1) ** 2);
}

describe('a state is not the colour of a mirror', () => {
  it.each(Object.entries(verdict))('%s (%s), as a band draws it', (_, color) => {
    for (const { ground, lines } of themes) {
      const band = parts(color).map((part, index) => 0.85 * part + 0.15 * (parts(ground)[index] ?? 0));
      const nearest = Math.min(...lines.map((line) => apart(band, parts(line))));
      expect(nearest, ground).toBeGreaterThan(6);
    }
  });
});
