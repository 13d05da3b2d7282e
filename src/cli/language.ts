import { UsageError } from '../terminal/usage.ts';
import type { Language } from '../words/words.ts';

/**
 * Removes `--lang` from the arguments. If it is given several times, the last one is used; `named` is `null` without it.
 * @throws UsageError on an unknown language
 */
export function spoken(argv: readonly string[]) {
  const kept: string[] = [];
  let named: Language | null = null;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') return { argv: [...kept, ...argv.slice(at)], named };
    if (word === '--lang') {
      at += 1;
      named = languageNamed(argv[at]);
    } else if (word.startsWith('--lang=')) named = languageNamed(word.slice('--lang='.length));
    else kept.push(word);
  }
  return { argv: kept, named };
}

function languageNamed(text: string | undefined): Language {
  if (text === 'en' || text === 'zh') return text;
  throw text === undefined ? new UsageError('wrong.langMissing') : new UsageError('wrong.lang', { text });
}

/**
 * Returns the language that the environment selects: the first of LC_ALL, LC_MESSAGES and LANG that is not empty. Any
 * language other than Chinese becomes English.
 * @see POSIX.1-2024 Base Definitions 8.2
 */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  return /^zh([_.@-]|$)/i.test(locale) ? 'zh' : 'en';
}
