import { readdirSync, readFileSync } from 'node:fs';
import { loadConfig } from '../../../src/config/load.ts';
import type { Config } from '../../../src/core/config.ts';
import { type Step, type Target, targetId } from '../../../src/core/mirror.ts';
import type { Files } from '../../../src/core/ports.ts';
import { declared } from '../../support/declared.ts';

const code = (failure: unknown): string => (failure as { code?: string }).code ?? 'EIO';

/** The files of this machine. */
export const diskFiles: Files = {
  read(path) {
    try {
      return { tag: 'ok', text: readFileSync(path, 'utf8') };
    } catch (failure) {
      return { tag: 'error', code: code(failure) };
    }
  },
  list(path) {
    try {
      return { tag: 'ok', names: readdirSync(path) };
    } catch (failure) {
      return { tag: 'error', code: code(failure) };
    }
  },
};

/** Files that are in memory alone, by absolute path. */
export function memoryFiles(texts: Readonly<Record<string, string>>): Files {
  return {
    read: (path) => {
      const text = texts[path];
      return text === undefined ? { tag: 'error', code: 'ENOENT' } : { tag: 'ok', text };
    },
    list: (path) => {
      const names = Object.keys(texts).flatMap((name) =>
        name.startsWith(`${path}/`) ? name.slice(path.length + 1) : [],
      );
      return names.length === 0 ? { tag: 'error', code: 'ENOENT' } : { tag: 'ok', names };
    },
  };
}

const goSteps: readonly Step[] = ['mod', 'info', 'list', 'latest', 'sumdb', 'zip'];

/** One target for each mirror, module and step of Go: what the schedule makes, as plainly as a test needs it. */
export function expandPlainly(config: Config): Target[] {
  return config.mirrors.flatMap((mirror) => {
    const { name: registry, upstream } = mirror;
    const make = (step: Step, module: string | null, version: string | null, canary: boolean): Target => ({
      id: targetId(registry, module, version, step),
      ecosystem: 'go',
      upstream,
      registry,
      module,
      version,
      step,
      ...declared(step),
      canary,
    });
    const own = config.modules.filter((module) => module.upstream === upstream);
    return own.flatMap(({ module, version }, at) =>
      goSteps.flatMap((step) => {
        if (step === 'sumdb') return at === 0 ? [make(step, null, null, false)] : [];
        const perModule = step === 'list' || step === 'latest';
        return [make(step, module, perModule ? null : version, step === 'mod' && at === 0)];
      }),
    );
  });
}

/** A configuration from text, with what stands in the text of these keys taken for granted: mirrors, controls, modules. */
export function configOf(
  text: string,
  env: Readonly<Record<string, string>> = {},
  files: Files = memoryFiles({}),
): Config {
  const whole = [
    text,
    text.includes('mirrors:') ? '' : 'mirrors: [ { name: a, ecosystem: go, url: https://a.example.com } ]',
    text.includes('controls:') ? '' : 'controls: [ tcp://192.0.2.1:53 ]',
    text.includes('modules:') ? '' : 'modules: { go: [ rsc.io/quote@v1.5.2 ] }',
  ].join('\n');
  const loaded = loadConfig({ text: whole, path: '/etc/mirrorwatch/mirrorwatch.yaml', env, files });
  if (loaded.tag === 'error') throw new Error(JSON.stringify(loaded.error, null, 2));
  return loaded.value.config;
}
