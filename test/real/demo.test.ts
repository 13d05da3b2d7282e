import { afterAll, beforeAll, expect, test } from 'vitest';
import { addNamespace, removeNamespace } from '../support/namespace.ts';
import { real } from '../support/requires.ts';
import { mirrorwatch } from './daemon.ts';

// In a namespace with nothing but its loopback: whatever the demo shows, it shows without a network.
real('mirrorwatch demo --once without a network', ['netns'], () => {
  let ns: string;
  beforeAll(async () => {
    ns = await addNamespace();
  });
  afterAll(async () => {
    if (ns !== undefined) await removeNamespace(ns);
  });

  test('two at once: each takes a port of its own, shows the whole story within a minute, and ends with 0', async () => {
    const both = await Promise.all([1, 2].map(() => mirrorwatch(['demo', '--once'], { ns })));
    const ports = both.map(({ stdout }) => /http:\/\/127\.0\.0\.1:(\d+)\//.exec(stdout)?.[1]).sort();
    for (const { code, stdout, stderr } of both) {
      expect([code, stderr], stdout).toEqual([0, '']);
      expect(stdout).toMatch(/ spike /);
      expect(stdout).toMatch(/export GOPROXY='http:\/\/127\.0\.0\.1:\d+,/);
      expect(stdout).toContain('its signature verified');
    }
    expect(ports).toEqual(['10120', '10121']);
  });
});
