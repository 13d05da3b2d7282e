import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { repoDir } from '../../support/paths.ts';

interface Alert {
  readonly alert?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const alerts = readdirSync(join(repoDir, 'alerts'))
  .filter((name) => name.endsWith('.yml'))
  .flatMap(
    (name) => (parse(readFileSync(join(repoDir, 'alerts', name), 'utf8')) as { groups: { rules: Alert[] }[] }).groups,
  )
  .flatMap(({ rules }) => rules)
  .filter(({ alert }) => alert !== undefined);
const config = parse(readFileSync(join(repoDir, 'deploy/alertmanager.yml'), 'utf8')) as {
  inhibit_rules: readonly {
    source_matchers: readonly string[];
    target_matchers: readonly string[];
    equal: readonly string[];
  }[];
};

function named(matchers: readonly string[]): readonly string[] {
  return alerts
    .map(({ alert }) => alert ?? '')
    .filter((name) =>
      matchers.every((matcher) => {
        const [, operator = '', value = ''] = /^alertname(=~|!~|=|!=)"(.*)"$/.exec(matcher) ?? [];
        const matches = new RegExp(`^(?:${operator.endsWith('~') ? value : RegExp.escape(value)})$`).test(name);
        return operator.startsWith('!') ? !matches : matches;
      }),
    );
}

describe('the inhibitions, over the alerts that there are', () => {
  const [vantage, down, places] = config.inhibit_rules;

  it('a suspect vantage mutes what it says of mirrors, not what it says of itself', () => {
    expect(named(vantage?.source_matchers ?? [])).toEqual(['VantageSuspect']);
    const muted = named(vantage?.target_matchers ?? []);
    expect(muted).toEqual(expect.arrayContaining(['MirrorDown', 'MirrorSlow', 'MirrorSpike', 'MirrorNoSuccess']));
    for (const name of muted) expect(name).toMatch(/^Mirror[A-Z]/);
    expect(muted).not.toContain('MirrorContentMismatch');
    expect(vantage?.equal).toEqual(['vantage']);
  });

  it('a mirror that is down mutes its slowness', () => {
    expect(named(down?.source_matchers ?? [])).toEqual(['MirrorDown']);
    expect(named(down?.target_matchers ?? [])).toEqual(['MirrorSpike', 'MirrorLevelShift', 'MirrorSlow']);
    expect(down?.equal).toEqual(['vantage', 'ecosystem', 'registry']);
  });

  it('down from most places mutes each place', () => {
    expect(named(places?.source_matchers ?? [])).toEqual(['MirrorDownMostPlaces']);
    expect(named(places?.target_matchers ?? [])).toEqual(['MirrorDown']);
    expect(places?.equal).toEqual(['ecosystem', 'registry']);
  });
});

it('some rules are evidence for the machine, and its route takes what they are labelled with', () => {
  const actions = new Set(alerts.flatMap(({ labels }) => labels?.['mirror_action'] ?? []));
  expect([...actions]).toEqual(['failover']);
});
