import { getOrMake } from '../core/get-or-make.ts';
import { limits } from '../core/limits.ts';
import { knownHeaders } from '../core/mask-known.ts';

const shown = '***';

type MaskText = (text: string) => string;

/** If a header's name matches this pattern, its whole value is masked. */
const secretName = /auth|cookie|token|secret|passw|api-?key|session|signature|credential/;
/** In these headers, only the parameters in `challengeKept` keep their values. */
const challengeNames = new Set(['www-authenticate', 'proxy-authenticate']);
const challengeKept = new Set(['realm', 'service', 'scope', 'error', 'charset', 'algorithm', 'qop']);
const kindsKept = 2_000;

type Kind = 'secret' | 'challenge' | 'open';
const kinds = new Map<string, Kind>();

function kindOf(name: string): Kind {
  if (challengeNames.has(name)) return 'challenge';
  return secretName.test(name) ? 'secret' : 'open';
}

/** Masks user-info and query values of URLs in a text, relative URLs included. */
export function maskUrlsIn(text: string): string {
  let masked = text;
  if (masked.includes('@')) masked = masked.replace(/\/\/[^/?#\s@]*@/g, `//${shown}@`);
  if (masked.includes('?')) {
    masked = masked.replace(/\?([^\s"'<>#]*)/g, (_, query: string) => {
      const parts = query.split('&').map((part) => (part.includes('=') ? `${part.split('=', 1)[0]}=${shown}` : part));
      return `?${parts.join('&')}`;
    });
  }
  return masked;
}

function maskChallenge(value: string): string {
  if (!value.includes('=')) return value.split(' ', 1)[0] ?? '';
  return value.replace(/(?<![a-z0-9_-])([a-z0-9_-]+)=("[^"]*(?:"|$)|[^\s,]*)/gi, (whole, name: string) =>
    challengeKept.has(name.toLowerCase()) ? maskUrlsIn(whole) : `${name}=${shown}`,
  );
}

function redacted(name: string, value: string, mask: MaskText): string {
  const kind = getOrMake(kinds, name, () => kindOf(name), kindsKept);
  if (kind === 'secret') return shown;
  // The value is cut before patterns are masked: masking takes time quadratic in the length, and the server chooses the
  // length.
  const begin = mask(value).slice(0, 4 * limits.headerValueChars);
  return (kind === 'challenge' ? maskChallenge(begin) : maskUrlsIn(begin)).slice(0, limits.headerValueChars);
}

/**
 * Returns headers as a transcript stores them: secrets are masked, and number and lengths are limited. The entry `…`
 * states how many headers were omitted.
 * @param headers  lower-case names
 * @param mask     masks known credentials, before anything is cut
 */
export function redactHeaders(
  headers: Readonly<Record<string, string>>,
  mask: MaskText = (text) => text,
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  let count = 0;
  for (const name of Object.keys(headers)) {
    count += 1;
    if (count <= limits.headersKept)
      kept[knownHeaders.has(name) ? name : mask(name).slice(0, limits.headerValueChars)] = redacted(
        name,
        headers[name] ?? '',
        mask,
      );
  }
  if (count > limits.headersKept) kept['…'] = `${count - limits.headersKept} more`;
  return kept;
}
