import type { Request, Response } from 'express';
import { maskChain } from '../../core/secret.ts';
import type { Language } from '../../words/say.ts';
import { languages } from '../../words/words.ts';
import { wordOf } from '../lists.ts';

const all = Object.keys(languages) as readonly Language[];
const cookieName = 'mirrorwatch-lang';
/** A year, seconds. */
const cookieAge = 31_536_000;

/**
 * The language of a page: `?lang=`, which is kept in a cookie as well; else that cookie; else `Accept-Language`; else English.
 * The cookie names a language and nothing of who asks.
 */
export function languageOf(request: Request, response: Response): Language {
  response.vary('Accept-Language, Cookie');
  const wanted = all.find((one) => one === request.query['lang']);
  if (wanted === undefined) return cookieOf(request) ?? (request.acceptsLanguages('en', 'zh') === 'zh' ? 'zh' : 'en');
  const secure = request.secure ? '; Secure' : '';
  response.set('set-cookie', `${cookieName}=${wanted}; Path=/; Max-Age=${cookieAge}; SameSite=Lax; HttpOnly${secure}`);
  return wanted;
}

function cookieOf(request: Request): Language | undefined {
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim());
  return all.find((one) => pairs.includes(`${cookieName}=${one}`));
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
