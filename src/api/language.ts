import type { Request, Response } from 'express';
import type { Language } from '../words/say.ts';
import { languages } from '../words/words.ts';

const all = Object.keys(languages) as readonly Language[];

/** What keeps the language that the switch of a page chose: it names that language and nothing of who asks. */
export const languageCookie = 'mirrorwatch-lang';

/** The language that a text names. */
export function languageNamed(text: unknown): Language | undefined {
  return all.find((one) => one === text);
}

/** The language of who asks: the one chosen on the page, else `Accept-Language`, else English. */
export function languageAsked(request: Pick<Request, 'headers' | 'acceptsLanguages'>, response: Response): Language {
  response.vary('Accept-Language, Cookie');
  return chosen(request) ?? (request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en');
}

function chosen({ headers }: Pick<Request, 'headers'>): Language | undefined {
  const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return all.find((one) => pairs.includes(`${languageCookie}=${one}`));
}
