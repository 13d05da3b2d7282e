import { describe, expect, it } from 'vitest';
import { isLastChoice } from '../../../src/core/advice.ts';
import type { Finding, ScopeItem } from '../../../src/core/finding.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { chain, kill, only, warm } from './outage.ts';
import { mirror, type Stage } from './stage.ts';

const ab = [mirror('a'), mirror('b')];
const modules = ['m', 'n'].map((name) => ({
  ecosystem: 'go',
  upstream: 'go',
  module: `example.com/${name}`,
  version: 'v1.0.0',
}));
const wrongN: ScopeItem = { module: 'example.com/n', version: 'v1.0.0', step: 'zip' };

/** `a` is down, and `b` served wrong bytes of one module. */
function wronged(wrong: Partial<Finding> = {}, more = {}, mirrors = ab): Stage {
  const stage = warm(mirrors, chain, { modules, ...more });
  stage.open('b', 'mismatch', { cause: 'mismatch', actionable: false, scope: [wrongN], ...wrong });
  stage.paces(3, Object.fromEntries(mirrors.map(({ name }) => [name, 200])));
  expect(stage.story()).toEqual([]);
  kill(stage);
  stage.consider();
  return stage;
}

describe('a mirror with wrong bytes of other items, while every other one is down', () => {
  it.each<Partial<Finding>>([
    { cause: 'mismatch' },
    { cause: 'origin', actionable: true },
    { cause: 'retag', actionable: true },
  ])('is the last choice, at low confidence: %o', (wrong) => {
    const stage = wronged(wrong);
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage)).toMatchObject({ from: 'a', to: 'b', confidence: 'low' });
    expect(only(stage).reason).toMatch(
      /^a is down .*\. b is the last choice: no other mirror is usable\. b served wrong bytes of example\.com\/n@v1\.0\.0\. Clients verify what they download, so builds that do not need these files succeed\. `mirrorwatch ack f-b-mismatch --reason "…"` ends the finding about the wrong bytes\.$/,
    );
    // Evidence against the mirror that was left makes it no surer.
    stage.paces(4, { a: 'refused', b: 200 });
    expect(only(stage).confidence).toBe('low');
    expect(stage.story()).toEqual(['proposed outage b']);
  });

  it('is left as soon as another one responds again', () => {
    const stage = wronged();
    stage.shut('a', 'outage');
    stage.paces(6, { a: 200, b: 200 });
    expect(stage.story()).toEqual(['proposed outage b', 'withdrawn outage b']);
  });

  it('has a sentence that says since when the bytes are right', () => {
    const stage = wronged();
    stage.paces(2, { a: 'refused', b: 200 });
    stage.sample('b', 300, { module: 'example.com/n', step: 'zip' });
    stage.paces(4, { a: 'refused', b: 200 });
    expect(only(stage).reason).toMatch(
      /succeed; this mirror has served the right bytes for \d+ \S+\. `mirrorwatch ack/,
    );
  });

  it.each<[string, () => Stage]>([
    ['a forked checksum database vouches for it', () => wronged({ cause: 'fork', actionable: true })],
    [
      'nothing decides who is right, and clients do not verify',
      () => wronged({ cause: 'peers', actionable: false }, { settings: { go: { sumdb: null } } }),
    ],
    ['the items are all that clients fetch', () => wronged({}, { modules: modules.slice(1) })],
    ['clients do not verify: no checksum database', () => wronged({}, { settings: { go: { sumdb: null } } })],
    [
      'another mirror is not down, but stale',
      () => {
        const stage = warm([...ab, mirror('c')], chain, { modules });
        stage.open('b', 'mismatch', { cause: 'mismatch', actionable: false, scope: [wrongN] });
        stage.open('c', 'lag', { cause: 'stale' });
        kill(stage);
        stage.consider();
        return stage;
      },
    ],
  ])('is none where %s', (_name, of) => expect(of().story()).toEqual(['refused outage a']));
});

describe('an advised mirror that serves wrong bytes only later, while every other one is down', () => {
  /** `b` is advised with high confidence, and then serves wrong bytes of one module. */
  const wrongedLater = (wrong: Partial<Finding> = {}, more = {}): Stage => {
    const stage = warm(ab, chain, { modules, ...more });
    kill(stage);
    stage.open('a', 'outage', { confidence: 'high' });
    stage.paces(6, { a: 'refused', b: 200 });
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage).confidence).toBe('high');
    expect(isLastChoice(only(stage))).toBe(false);
    stage.open('b', 'mismatch', { cause: 'mismatch', actionable: true, scope: [wrongN], ...wrong });
    stage.paces(3, { a: 'refused', b: 200 });
    return stage;
  };

  it('becomes the last choice at low confidence, until its bytes are acknowledged', () => {
    const stage = wrongedLater();
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage)).toMatchObject({ from: 'a', to: 'b', confidence: 'low' });
    expect(isLastChoice(only(stage))).toBe(true);
    expect(only(stage).reason).toContain('b is the last choice');
    stage.shut('b', 'mismatch');
    stage.paces(3, { a: 'refused', b: 200 });
    expect(isLastChoice(only(stage))).toBe(false);
    expect(only(stage).confidence).toBe('high');
    expect(only(stage).reason).not.toContain('last choice');
  });

  it.each<[string, () => Stage]>([
    ['clients do not verify: no checksum database', () => wrongedLater({}, { settings: { go: { sumdb: null } } })],
    ['a forked checksum database vouches for it', () => wrongedLater({ cause: 'fork' })],
  ])('is advised no longer where %s', (_name, of) =>
    expect(of().story()).toEqual(['proposed outage b', 'superseded outage b', 'refused outage a']),
  );

  it('stays as it is where nothing decides who is right, and clients do not verify', () => {
    const stage = wrongedLater({ cause: 'peers', actionable: false }, { settings: { go: { sumdb: null } } });
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(isLastChoice(only(stage))).toBe(false);
    expect(only(stage).reason).not.toContain('last choice');
  });
});

describe('two mirrors that serve different bytes of one item, and nothing decides who is right', () => {
  /** `a` and `b` accuse each other. */
  const disputed = (mirrors = ab): Stage => {
    const stage = warm(mirrors, chain, { modules });
    for (const name of ['a', 'b']) stage.open(name, 'mismatch', { cause: 'peers', actionable: false, scope: [wrongN] });
    return stage;
  };

  it('clients leave the one that is down: the other one is the last choice', () => {
    const stage = disputed();
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage b']);
    expect(only(stage)).toMatchObject({ from: 'a', to: 'b', confidence: 'low' });
    expect(only(stage).reason).toContain(
      'b is the last choice: no other mirror is usable. b and another mirror served different bytes of example.com/n@v1.0.0.',
    );
    stage.paces(4, { a: 'refused', b: 200 });
    expect(only(stage).confidence).toBe('low');
  });

  it('clients go to a third one, if there is one', () => {
    const stage = disputed([...ab, mirror('c')]);
    kill(stage);
    stage.consider();
    expect(stage.story()).toEqual(['proposed outage c']);
    expect(only(stage).reason).not.toContain('last choice');
  });

  it('clients stay while it works', () => {
    const stage = disputed();
    stage.paces(20, { a: 200, b: 100 });
    expect(stage.story()).toEqual([]);
  });
});

it('clients that verify what they download are these', () => {
  const at = (profile: string) => ({ ...mirror('a'), own: { profile } });
  const settings = { sumdb: { name: 's', verifierKey: 'k', url: null } };
  const known = registry.all.flatMap(({ clients }) =>
    clients.flatMap((client) => {
      const profiles = Object.keys(client.profileForms ?? {});
      if (profiles.length === 0) return client.verifiesBytes?.(mirror('a'), settings) ? [client.id] : [];
      return profiles.flatMap((one) => (client.verifiesBytes?.(at(one), settings) ? [client.profileForms?.[one]] : []));
    }),
  );
  expect(known).toEqual(['go', 'npm', 'pnpm', 'yarn', 'cargo', 'apt', 'pacman']);
});
