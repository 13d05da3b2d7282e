import { registerHooks } from 'node:module';

const key = Symbol.for('mirrorwatch: quick imports');
const shared = globalThis as { [key]?: true };

// A file of ours is where its importer says. Vitest has a hook of its own for each import, even of what is loaded already:
// it tells the main process, for its watch mode alone. For that mode, too, the address of each test file ends with the
// time: the compile cache would never have it, and grow with every run.
if (process.env['VITEST_MODE'] !== 'WATCH' && shared[key] === undefined) {
  shared[key] = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (!/^\.\.?\/.+\.ts$/.test(specifier) || context.parentURL?.startsWith('file:') !== true) {
        const found = next(specifier, context);
        return { ...found, url: found.url.replace(/\?vitest=\d+$/, '') };
      }
      return { url: new URL(specifier, context.parentURL).href, format: 'module-typescript', shortCircuit: true };
    },
  });
}
