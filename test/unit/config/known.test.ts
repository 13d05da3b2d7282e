import { describe, expect, test } from 'vitest';
import { defaultConfigText } from '../../../src/config/default-config.ts';
import { renderKnownConfig } from '../../../src/config/known-config.ts';
import { knownGoMirrors, knownKinds } from '../../../src/config/known-mirrors.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { registry } from '../../../src/ecosystems/registry.ts';
import { expandPlainly, memoryFiles } from './support.ts';

const able = [...new Set(knownKinds.map(({ ecosystem }) => ecosystem))].filter((id) => registry.of(id) !== null);

describe('mirrors that we know', () => {
  test('are each of an ecosystem that there is or will be, once, by a name of their own', () => {
    const all = [...knownGoMirrors, ...knownKinds.flatMap(({ mirrors }) => mirrors)];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    for (const { name, url, operator } of all) {
      expect(name, url).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      expect(operator, name).not.toBe('');
    }
    for (const { ecosystem, mirrors, modules } of knownKinds) {
      expect(registry.ids).toContain(ecosystem);
      expect(mirrors.filter(({ role }) => role === 'origin')).toHaveLength(1);
      expect(mirrors.filter(({ weight }) => weight !== null).length).toBeGreaterThan(1);
      expect(modules.length).toBeGreaterThan(0);
      for (const { url } of mirrors) expect(url).toMatch(/^https:\/\/[^/].*[^/]$/);
    }
  });

  test.each(able)('%s: they make a configuration, each with something to be asked for', (id) => {
    const text = renderKnownConfig(id) ?? '';
    const loaded = loadConfig({ text, path: null, env: {}, files: memoryFiles({}), cwd: '/', expand: expandPlainly });
    if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error));
    const { config } = loaded.value;
    const mine = knownKinds.filter(({ ecosystem }) => ecosystem === id);
    expect(config.mirrors.map(({ name }) => name)).toEqual(
      mine.flatMap(({ mirrors }) => mirrors).map(({ name }) => name),
    );
    for (const { upstream, modules } of mine)
      expect(config.modules.filter((module) => module.upstream === upstream)).toHaveLength(modules.length);
  });

  test('the built-in configuration stays small: what it has comes from nowhere else', () => {
    expect(renderKnownConfig(registry.all[0].id)).toBe(null);
    for (const { mirrors } of knownKinds) for (const { url } of mirrors) expect(defaultConfigText).not.toContain(url);
  });
});
