import { readMapping } from './read-json.ts';

/** The lines of a remedy that people are shown. */
export interface Snippet {
  /** The key of the lines in the remedy. */
  readonly form: string;
  readonly text: string;
  /** The file that the lines belong to; `null`: the lines are for a shell, or name their file themselves. */
  readonly file: string | null;
}

/**
 * Returns the lines of a remedy to paste: those for a shell if there are any, else the first ones. `null`: there are
 * none. The lines of `json` are for programs.
 */
export function snippetOf(remedy: Readonly<Record<string, string>>): Snippet | null {
  const { env, json, ...others } = remedy;
  if (env !== undefined) return { form: 'env', text: env, file: null };
  const [first] = Object.entries(others);
  if (first === undefined) return null;
  const [form, text] = first;
  const { path } = (readMapping(json ?? '')?.[form] ?? {}) as { readonly path?: unknown };
  return { form, text, file: typeof path === 'string' && !text.includes(path) ? path : null };
}
