import { type Advice, withoutOwnList } from '../../core/advice.ts';
import { formatDiff } from '../../core/format-diff.ts';
import { limits } from '../../core/limits.ts';
import { printable } from '../../core/printable.ts';
import { readMapping } from '../../core/read-json.ts';
import { error, ok, type Result, type Sentence } from '../../core/result.ts';
import type { FileChange, Machine } from '../../core/trap.ts';
import { replaceLines } from '../../ecosystems/doctor.ts';
import { registry } from '../../ecosystems/registry.ts';
import { changeSettings } from '../../ecosystems/settings-file.ts';
import { json as jsonFormat } from '../../formats/yaml.ts';
import { phrase } from '../../words/tell.ts';
import { english } from '../../words/words.ts';

/** The new text of a file, and how its clients show the advised value that they read from it. */
type Rendered = Pick<FileChange, 'after' | 'checks'>;

/**
 * Returns the text of a file after the advice is applied. Other settings stay, except in `hosts.toml` and
 * `registries.conf`, which are replaced.
 * @param before  `null`: there is no file yet
 * @returns an error, for example if the advice has no lines in the snippet format `as`
 */
export async function renderAdvice(
  advice: Advice,
  as: string,
  before: string | null,
): Promise<Result<Rendered, Sentence>> {
  if (before !== null && before.length > limits.actionTextChars) return error(phrase('acted.tooLong'));
  // U+FFFD replaced invalid UTF-8 when the file was read. An undo could not restore the same bytes.
  if (before?.includes('\uFFFD')) return error(phrase('acted.notText'));
  const lines = advice.remedy[as === 'shell' ? 'env' : as];
  const json = readMapping(advice.remedy['json'] ?? '');
  const none = error(phrase('acted.noForm', { form: as }));
  if (json === null || isMasked(lines, advice.remedy['json'])) return none;
  if (as === 'apt' && (lines === undefined || isMasked(advice.chain.before, advice.chain.after))) return none;
  const text = as === 'apt' ? withUrl(advice, before ?? '') : await textOf(advice, as, before, { lines, json });
  if (text === null) return as === 'apt' ? error(phrase('acted.noEntry', { from: advice.chain.before })) : none;
  if (typeof text === 'object' && 'key' in text) return error(text);
  const rendered = typeof text === 'string' ? { after: text } : text;
  return rendered.after.length > limits.actionTextChars ? error(phrase('acted.tooLong')) : ok(rendered);
}

async function textOf(
  { ecosystem }: Advice,
  as: string,
  before: string | null,
  { lines, json }: { readonly lines: string | undefined; readonly json: Readonly<Record<string, unknown>> },
): Promise<string | Rendered | Sentence | null> {
  const kind = registry.of(ecosystem);
  const userFile = kind?.clients.find(({ userFiles }) => userFiles?.[as] !== undefined)?.userFiles?.[as];
  const machine = machineWith(userFile ?? '/file', before);
  if (as === 'env') {
    const values = Object.entries(json).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name, value] as const] : [],
    );
    if (values.length === 0 || values.some(([name, value]) => !/^\w+$/.test(name) || !/^[\x21-\x7e]+$/.test(value)))
      return null;
    const wanted = values.map(([name, value]) => ({ line: `${name}=${value}`, pattern: startingWith(`${name}=`) }));
    return (await replaceLines(machine, '/h/file', wanted))?.after ?? before;
  }
  if (userFile !== undefined) {
    const doctor = await kind?.doctor?.();
    const settling = await doctor?.settle({ machine, assignments: [], privatePatterns: [] }, json, english);
    const changed = settling?.changes.find(({ file }) => file.endsWith(userFile));
    return settling == null ? null : (settling.refused?.because ?? changed ?? before);
  }
  if (lines === undefined) return null;
  if (as === 'shell') {
    const wanted = lines.split('\n').map((one) => {
      const line = withoutOwnList(one);
      const setting = /^export \w+=/.exec(line)?.[0] ?? 'export =';
      return { line, pattern: startingWith(`${setting}'`) };
    });
    return (await replaceLines(machine, '/h/file', wanted))?.after ?? before;
  }
  if (as !== 'daemon.json') return `${lines.trimEnd()}\n`;
  const keys = readMapping(lines);
  if (keys === null) return null;
  const changed = await changeSettings(
    machine,
    '/h/file',
    jsonFormat,
    Object.entries(keys).map(([key, value]) => [[key], value]),
    [],
  );
  return changed.tag === 'error' ? changed.error.because : (changed.value?.after ?? before);
}

/**
 * Returns a sources file of apt (one-line or deb822 style) with the advised base URL instead of the URLs of the old
 * chain. `null`: the file contains neither an old URL nor the advised one.
 * @see sources.list(5)
 */
function withUrl({ chain }: Advice, before: string): string | null {
  const [to = ''] = chain.after.split(/\s+/);
  const urls = new Set([...chain.before.split(/\s+/), to].map(withoutSlash));
  const words = before.split(/(\s+)/);
  const isUrl = (word: string) => word !== '' && urls.has(withoutSlash(word));
  return words.some(isUrl) ? words.map((word) => (isUrl(word) ? to : word)).join('') : null;
}

function withoutSlash(url: string): string {
  return url.endsWith('/') ? url.slice(0, -1) : url;
}

function startingWith(start: string): Pick<RegExp, 'test'> {
  return { test: (line) => line.startsWith(start) };
}

/** Returns a simulated machine with only this file, so that the code that edits settings changes no other file. */
function machineWith(end: string, text: string | null): Machine {
  const gone = { tag: 'error', code: 'ENOENT' } as const;
  return {
    env: {},
    home: '/h',
    cwd: '/p',
    system: (path) => `/s${path}`,
    read: async (path) => (text !== null && path.startsWith('/h/') && path.endsWith(end) ? { tag: 'ok', text } : gone),
    list: async () => ({ tag: 'ok', names: [] }),
  };
}

/** True if a text contains masked credentials. If `***` were written into a setting, builds would fail. */
export function isMasked(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) => text?.includes('***'));
}

/**
 * Returns the removed and added lines for display, with masked credentials and at most `limits.actionOutputChars`.
 * `null`: there is no file.
 */
export function diffOf(file: string, before: string | null, after: string | null): string {
  if (before === after) return '';
  // Writing a JSON file reformats it. So both texts are reformatted; otherwise unchanged lines would differ.
  const [old = null, now = null] = [before, after].map((text) => {
    const json = readMapping(text ?? '');
    return json === null ? text : JSON.stringify(json, null, 2);
  });
  const lines = formatDiff({ file, before: old, after: now }).filter((line) => /^[+-]/.test(line));
  const shown = lines.map((line) => printable(line.replace(/\r$/, ''), 200));
  return shown.join('\n').slice(0, limits.actionOutputChars);
}
