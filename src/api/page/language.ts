import type { Request, Response } from 'express';
import { maskChain } from '../../core/secret.ts';
import type { Language } from '../../words/say.ts';
import { languageAsked, languageCookie, languageNamed } from '../language.ts';
import { wordOf } from '../lists.ts';

/** A year, seconds. */
const cookieAge = 31_536_000;

/** The language of a page: `?lang=`, which is kept in a cookie as well; else that of who asks. */
export function languageOf(request: Request, response: Response): Language {
  const asked = languageAsked(request, response);
  const wanted = languageNamed(request.query['lang']);
  if (wanted === undefined) return asked;
  const secure = request.secure ? '; Secure' : '';
  response.set(
    'set-cookie',
    `${languageCookie}=${wanted}; Path=/; Max-Age=${cookieAge}; SameSite=Lax; HttpOnly${secure}`,
  );
  return wanted;
}

/** What the pages read of an address, beside its path and `lang`. */
const addressWords = ['chain', 'ecosystem', 'upstream', 'client', 'range', 'from', 'until', 'item', 'mirror'] as const;

/** The same page in another language: its address with `lang` set, and what else of it a page reads. */
export function inLanguage(request: Request, language: Language): string {
  const query = new URLSearchParams();
  for (const name of addressWords) {
    const value = wordOf(request, name);
    // It may hold credentials, which no page repeats.
    if (value !== undefined) query.set(name, name === 'chain' ? maskChain(value) : value);
  }
  query.set('lang', language);
  // Two slashes at its beginning would lead to another host.
  return `${request.path.replace(/^\/+/, '/')}?${query}`;
}
