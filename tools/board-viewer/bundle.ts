import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Builds the page: one script and one style sheet. Packages for Grafana's editors are left out, because nothing drawn
 * here needs them.
 */
export async function bundledPage(): Promise<{ readonly script: string; readonly styles: string }> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page/main.tsx')],
    bundle: true,
    write: false,
    outdir: 'out',
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'globalThis' },
    // Of the data source package, the page needs only the conversion of responses to frames, not the query editor.
    alias: {
      '@grafana/prometheus': join(
        import.meta.dirname,
        'node_modules/@grafana/prometheus/dist/esm/result_transformer.mjs',
      ),
    },
    loader: { '.ttf': 'dataurl', '.svg': 'dataurl', '.png': 'dataurl', '.woff2': 'dataurl', '.woff': 'dataurl' },
    logLevel: 'error',
  });
  const script = outputFiles.find(({ path }) => path.endsWith('.js'));
  if (script === undefined) throw new Error('esbuild gave no script');
  return { script: script.text, styles: outputFiles.find(({ path }) => path.endsWith('.css'))?.text ?? '' };
}
