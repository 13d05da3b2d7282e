import { baseUrl, type SplitUrl } from '../core/url.ts';
import { hostAndPort } from './addresses.ts';

/** Reads a proxy URL: a base URL without path. */
export function parseProxyUrl(text: string): SplitUrl | null {
  const split = baseUrl(text);
  return split !== null && new URL(split.url).pathname === '/' ? split : null;
}

/** Reads a control: `http:` and `https:` as given (a path and a query are fine), `tcp://host:port`; never user-info. */
export function parseControlUrl(text: string): { readonly url: string; readonly name: string } | null {
  if (!/^(https?|tcp):\/\/[^/]/i.test(text) || /[\s@#\\]/.test(text) || !URL.canParse(text)) return null;
  const parsed = new URL(text);
  if (parsed.protocol === 'tcp:') {
    const address = hostAndPort(text.slice('tcp://'.length).replace(/\/$/, ''));
    if (address?.port == null || address.host === '') return null;
    return { url: `tcp://${parsed.host}`, name: parsed.host };
  }
  return { url: parsed.href, name: hostOf(parsed.href) };
}

/** `host:port`, the port always named, IPv6 in brackets. */
export function hostOf(url: string): string {
  const parsed = new URL(url);
  const usual = parsed.protocol === 'https:' ? '443' : '80';
  return `${parsed.hostname}:${parsed.port === '' ? usual : parsed.port}`;
}
