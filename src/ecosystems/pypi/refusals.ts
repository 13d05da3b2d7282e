import { type Fields, fieldsOf, memberIn } from '../parse-json.ts';

/** One client cannot use a response that the other one can. `what`: the part that it does not accept. */
export interface ClientRefusal {
  readonly client: 'pip' | 'uv';
  readonly what: string;
}

/** Matches a time with a zone, as uv requires it. */
const instant = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d.*(?:[Zz]|[+-]\d\d(?::?\d\d)?)$/;
/** The algorithms of Python's hashlib. */
const algorithm = /^(?:md5|sha\d+(?:_\d+)?|blake2[bs])$/;

const isText = (value: unknown): boolean => typeof value === 'string';
const isMissing = (value: unknown): boolean => value === undefined;
const isMetadata = (value: unknown): boolean => value == null || typeof value === 'boolean' || fieldsOf(value) !== null;

/** What uv accepts as members of an entry of `files`. It refuses the whole page for one other value. */
const uvAccepts: Readonly<Record<string, (value: unknown) => boolean>> = {
  filename: isText,
  url: isText,
  hashes: (value) => fieldsOf(value) !== null,
  size: (value) => isMissing(value) || (Number.isSafeInteger(value) && Number(value) >= 0),
  yanked: (value) => isMissing(value) || isText(value) || typeof value === 'boolean',
  'upload-time': (value) => isMissing(value) || (isText(value) && instant.test(String(value))),
  'core-metadata': isMetadata,
  'dist-info-metadata': isMetadata,
};

/**
 * Returns the refusal of an entry of `files` that pip or uv refuses; `null`: none does.
 * @see bench/odd-responses/verdicts.json; astral-sh/uv crates/uv-pypi-types/src/simple_json.rs
 */
export function refusalOfEntry(file: Fields | null): ClientRefusal | null {
  const wrong = Object.keys(uvAccepts).find((key) => uvAccepts[key]?.(memberIn(file, key)) === false);
  if (wrong !== undefined) return { client: 'uv', what: wrong };
  const hashes = Object.entries(fieldsOf(memberIn(file, 'hashes')) ?? {});
  if (hashes.some(([name, hash]) => !isText(hash) || !algorithm.test(name))) return { client: 'pip', what: 'hashes' };
  return /[\\ ]/.test(String(memberIn(file, 'url'))) ? { client: 'pip', what: 'url' } : null;
}

/** Returns the refusal of a link of a page in HTML that pip or uv does not take for a file; `null`: both do. */
export function refusalOfLink(href: string): ClientRefusal | null {
  if (/[\t\n\r]|#(?:[A-Z]+\d+|(?!md5|sha|blake2)[a-z]+\d+)=/.test(href.trim())) return { client: 'uv', what: 'href' };
  return href.split('#', 2)[1]?.includes('&egg=') === true ? { client: 'pip', what: 'egg' } : null;
}
