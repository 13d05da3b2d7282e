import { isMarkup } from '../../core/body-text.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { error, type Result } from '../../core/result.ts';
import type { Slices } from '../../core/slices.ts';
import { wrongContent } from '../../words/failure.ts';
import type { Answered } from '../status.ts';
import { readHtmlPage } from './page-html.ts';
import { readJsonPage } from './page-json.ts';
import type { ProjectPage } from './project-page.ts';

/** What pip sends, word by word. @see protocols.md 3.2 */
export const acceptAll =
  'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01';

/** HTML alone, as clients of old send. */
export const acceptHtml = 'application/vnd.pypi.simple.v1+html, text/html; q=0.5';

const notAPage: ProbeFailure = wrongContent('answer.page');

/** The two forms by the type that the answer says, as pip and uv go by; others they refuse. */
export function formOf(headers: Answered['headers']): 'json' | 'html' | null {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/vnd.pypi.simple.v1+json') return 'json';
  return type === 'application/vnd.pypi.simple.v1+html' || type === 'text/html' ? 'html' : null;
}

/**
 * Reads a project page in the form that its type says.
 * @returns wrong content for other types, and for HTML that is no index page: portals, login forms; malformed for what is
 * cut or of a version to come
 * @see protocols.md 0.2, 3.2, 3.3
 */
export function* readPage({ headers, body, finalUrl }: Answered): Slices<Result<ProjectPage, ProbeFailure>> {
  const form = formOf(headers);
  if (form === null || (form === 'json' && isMarkup(body))) return error(notAPage);
  const base = baseOf(finalUrl);
  return yield* form === 'json' ? readJsonPage(body, base) : readHtmlPage(body, base);
}

/** Where relative URLs start: credentials, which may stand there masked, are no part of it. */
function baseOf(finalUrl: string): string {
  if (!URL.canParse(finalUrl)) return 'https://invalid/';
  const url = new URL(finalUrl);
  url.username = '';
  url.password = '';
  return url.href;
}
