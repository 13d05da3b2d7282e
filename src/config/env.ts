import type { Sentence } from '../core/result.ts';
import { phrase } from '../words/tell.ts';
export type Env = Readonly<Record<string, string | undefined>>;

const reference = /\$\$\{|\$\{([^}]*)(\}?)/g;
const inside = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/** Replaces `${NAME}` and `${NAME:-default}`; the default also replaces an empty variable. `$${` is a literal `${`. */
export function replaceEnv(
  text: string,
  env: Env,
): { readonly text: string; readonly used: boolean; readonly mistakes: readonly Sentence[] } {
  const mistakes: Sentence[] = [];
  let used = false;
  const replaced = text.replace(reference, (whole: string, content: string | undefined, close: string | undefined) => {
    if (whole === '$${') return '${';
    used = true;
    const match = close === '}' ? inside.exec(content ?? '') : null;
    const [, name, fallback] = match ?? [];
    if (name === undefined) {
      mistakes.push(phrase('expected.variable'));
      return '';
    }
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (fallback !== undefined) return value === undefined || value === '' ? fallback : value;
    if (value === undefined) mistakes.push(phrase('expected.variableSet', { name }));
    return value ?? '';
  });
  return { text: replaced, used, mistakes };
}
