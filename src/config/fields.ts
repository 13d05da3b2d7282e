import { z } from 'zod';
import { hostAndPort, isLoopback, isPlainAbroad, parseNetwork } from '../core/addresses.ts';
import { headerPattern, isCredential } from '../core/http.ts';
import { limits } from '../core/limits.ts';
import type { Sentence } from '../core/result.ts';
import {
  durationMs,
  durationPattern,
  formatDuration,
  shareOf,
  sharePattern,
  sizeBytes,
  sizePattern,
} from '../core/units.ts';
import { baseUrl } from '../core/url.ts';
import type { Ecosystem } from '../ecosystems/ecosystem.ts';
import { checked, errorOf, list, mapping } from '../ecosystems/fields.ts';
import { registry } from '../ecosystems/registry.ts';
import { phrase } from '../words/tell.ts';
import { isCron, isTimeZone } from './cron.ts';
import type { Path, Report } from './reading.ts';

export { checked, errorOf, flag, list, mapping, readable } from '../ecosystems/fields.ts';

const examples = [30_000, 30 * 60_000, 12 * 3_600_000];

/**
 * The schema of a duration (`30s`), converted to milliseconds. @param range  the allowed range in milliseconds; both
 * bounds are included
 */
export function durationField(description: string, range: { readonly min: number; readonly max: number }) {
  const bounds = `from ${formatDuration(range.min)} to ${formatDuration(range.max)}`;
  const example = examples.find((ms) => ms >= range.min && ms <= range.max) ?? range.min;
  const expected = phrase('expected.duration', {
    from: formatDuration(range.min),
    to: formatDuration(range.max),
    example: formatDuration(example),
  });
  return z
    .string(errorOf(expected))
    .regex(durationPattern, errorOf(expected))
    .transform(durationMs)
    .refine((ms) => ms >= range.min && ms <= range.max, errorOf(expected))
    .meta({ title: 'duration', description: `${description} (${bounds})` });
}

/** The schema of a size (`50MiB`), converted to bytes. */
export function size(description: string) {
  const expected = phrase('expected.size');
  return z
    .string(errorOf(expected))
    .regex(sizePattern, errorOf(expected))
    .transform(sizeBytes)
    .refine((bytes) => bytes > 0 && Number.isSafeInteger(bytes), errorOf(expected))
    .meta({ title: 'size', description });
}

/** The schema of a share (`20%`), converted to a number from 0 to 1. */
export function share(description: string) {
  const expected = phrase('expected.share', { from: '0%', to: '100%' });
  return z
    .string(errorOf(expected))
    .regex(sharePattern, errorOf(expected))
    .transform(shareOf)
    .meta({ title: 'share', description });
}

/** The schema of a whole number; both bounds are included. */
export function integer(description: string, min: number, max: number) {
  const expected = phrase('expected.whole', { from: min, to: max });
  return z.int(errorOf(expected)).min(min, errorOf(expected)).max(max, errorOf(expected)).describe(description);
}

/** The schema of a text of 1 to `max` characters without control characters. */
export function text(description: string, expected: Sentence, max = 4096) {
  return z
    .string(errorOf(expected))
    .min(1, errorOf(expected))
    .max(max, errorOf(phrase('expected.atMostChars', { what: expected, count: max })))
    .regex(/^[^\p{Cc}]*$/u, errorOf(phrase('expected.noControl', { what: expected })))
    .describe(description);
}

/** The schema of a secret text. It is `writeOnly` in the JSON Schema, so that messages mask it. */
export function secretText(description: string, expected: Sentence) {
  return text(description, expected).meta({ description, writeOnly: true });
}

export function word<Word extends string>(description: string, words: readonly [Word, ...Word[]]) {
  const one =
    words.length === 1
      ? phrase('expected.word', { word: words[0] })
      : phrase('expected.oneOf', { words: words.join(', ') });
  return z.enum(words, errorOf(one)).describe(description);
}

/** The schema of a list with at least one of the words. @param expected  what a mistake in an entry says */
export function wordList(description: string, words: readonly string[], expected: Sentence) {
  return list(
    z.enum(words, errorOf(expected)).describe(description),
    phrase('expected.listEach', { what: expected }),
    words.length,
  ).min(1, errorOf(phrase('expected.atLeastOf', { words: words.join(', ') })));
}

/**
 * The schema of a name that can be a label value, a path segment and a word of the command line.
 * @param isPlace  true: a port is allowed, as in the registry of an image name
 */
export function name(description: string, isPlace = false) {
  const expected = phrase(isPlace ? 'expected.namePort' : 'expected.name');
  const form = isPlace ? /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}(:\d{1,5})?$/ : /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
  return z
    .string(errorOf(expected))
    .regex(form, errorOf(expected))
    .refine((value) => !['direct', 'off', 'other'].includes(value), errorOf(expected))
    .describe(description);
}

/** The schema of a path. A relative path starts at the folder of the configuration file. */
export function file(description: string) {
  return text(description, phrase('expected.path')).meta({ title: 'path', description });
}

export function cron(description: string) {
  return checked(description, phrase('expected.cron'), isCron).meta({ title: 'cron', description });
}

export function timeZone(description: string) {
  return checked(description, phrase('expected.timeZone'), isTimeZone);
}

/** The schema of `host:port`, IPv6 in brackets. An empty host means all IPv4 addresses. */
export function listenAddress(description: string) {
  const one = checked(description, phrase('expected.listen'), (value) => hostAndPort(value)?.port != null);
  return one.meta({ title: 'address', description });
}

/** The schema of an address of a DNS server, with or without a port. */
export function serverAddress(description: string) {
  return checked(description, phrase('expected.dns'), (value) => {
    const read = hostAndPort(value);
    return read !== null && parseNetwork(read.host) !== null && !read.host.includes('/') && read.port !== 0;
  });
}

/** The schema of a list of networks, addresses and, if `names` is true, host names. */
export function hosts(description: string, names: boolean) {
  const expected = phrase(names ? 'expected.networkHost' : 'expected.network');
  return list(
    checked(description, expected, (value) => parseNetwork(value) !== null || (names && isHostName(value))),
    phrase('expected.listEach', { what: expected }),
  ).describe(description);
}

/** True for a host name without a port, and for IPv4 and loopback addresses. */
export function isHostName(value: string): boolean {
  return (
    isLoopback(value) ||
    /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$/i.test(value)
  );
}

/** The allowed intervals: at most a week, because Node's timers overflow after 24 days. */
export const cadenceRange = { min: limits.everyMsMinLoopback, max: 7 * 86_400_000 };
export const timeoutRange = { min: 100, max: limits.timeoutMsMax };
export const dwellRange = { min: 0, max: 365 * 86_400_000 };

/** The schema of a time of day (`22:00`), converted to the minute of the day. */
export const clockTime = (description: string) =>
  checked(description, phrase('expected.timeOfDay'), (value) => /^([01]\d|2[0-3]):[0-5]\d$/.test(value)).transform(
    (value) => Number(value.slice(0, 2)) * 60 + Number(value.slice(3)),
  );

/** True for an http or https URL without fragment. */
export function isWebhookUrl(value: string): boolean {
  return /^https?:\/\/[^/]/i.test(value) && !/[\s\\#]/.test(value) && URL.canParse(value);
}

/** The schema of a base URL without user-info. */
export function bareUrl(description: string) {
  return checked(description, phrase('expected.daemonUrl'), (value) => baseUrl(value)?.user === null);
}

export const headers = list(
  secretText('A header as `Name: value`.', phrase('expected.header')).regex(
    headerPattern,
    errorOf(phrase('expected.header')),
  ),
  phrase('expected.listEach', { what: phrase('expected.header') }),
  32,
)
  .describe('Headers of each request, such as a token.')
  .prefault([]);

/**
 * Reports a plain HTTP URL that is not on loopback, if its requests would carry credentials in a header or as
 * user-info.
 */
export function checkPlainUrl(path: Path, url: string, written: readonly string[], report: Report): void {
  const { username, password } = new URL(url);
  const hasUser = username !== '' || password !== '';
  if ((hasUser || written.some((header) => isCredential(header.split(':', 1)[0] ?? ''))) && isPlainAbroad(url))
    report.error(path, phrase('expected.credentialsHttps'));
}

type ByEcosystem<Value> = z.ZodType<Readonly<Record<string, Value>>, Readonly<Record<string, unknown>>>;

/** The schema of a mapping by ecosystem. An ecosystem for which `keyOf` returns `null` has no key in it. */
export function byEcosystem<Value>(keyOf: (one: Ecosystem) => z.ZodType | null): ByEcosystem<Value> {
  const keys = registry.all.flatMap((one) => {
    const key = keyOf(one);
    return key === null ? [] : [[one.id, key] as const];
  });
  return mapping(null, Object.fromEntries<z.ZodType>(keys)) as unknown as ByEcosystem<Value>;
}
