import { registerHooks } from 'node:module';

/**
 * Loaded into the real npm with `--import`: `npm audit signatures` first requests keys from a TUF repository on the
 * internet. That repository has no keys of any registry but the public one, and this stands for that response.
 */
const source = `exports.initTUF = async () => ({
  getTarget: async () => {
    throw Object.assign(new Error('no such target'), { code: 'TUF_FIND_TARGET_ERROR' });
  },
});`;

registerHooks({
  load: (url, context, nextLoad) =>
    url.endsWith('/@sigstore/tuf/dist/index.js')
      ? { format: 'commonjs', source, shortCircuit: true }
      : nextLoad(url, context),
});
