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
