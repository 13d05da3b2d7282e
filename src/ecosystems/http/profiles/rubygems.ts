import { formatCommand } from '../../../core/command-line.ts';
import { phrase } from '../../../words/tell.ts';
import { headTextOf } from '../format.ts';
import { type Head, headUrlOf, linesBy, type Profile, type ProfileReading, sound, unsound } from '../profile.ts';

/** The source that Gemfiles usually name. */
const source = 'https://rubygems.org';

function read({ path, body, sum, headers }: Head): ProfileReading | null {
  const [, kind] = /(?:^|\/)(versions|names|info\/[^/]+)$/.exec(path) ?? [];
  if (kind === undefined) return null;
  const text = headTextOf(body);
  const isIndex = kind === 'versions' ? /^created_at: .{1,60}\n---\n/.test(text) : text.startsWith('---\n');
  if (!isIndex) return unsound(phrase('answer.compact'));
  // In the header `Repr-Digest`, some servers, such as rubygems.org, write quotes instead of colons around the digest
  // (docs/protocols/http.md).
  const [, want] = /(?:^|[,\s])sha-256=[:"]([A-Za-z0-9+/]{43}=)[:"]/.exec(headers['repr-digest'] ?? '') ?? [];
  if (want === undefined || sum === null) return sound();
  const got = Buffer.from(sum.sha256, 'hex').toString('base64');
  return got === want ? sound() : unsound(phrase('answer.reprDigest'));
}

/** Mirrors of Ruby gems that offer Bundler's compact index: text files that list the gems and their versions. */
export const rubygems: Profile = {
  id: 'rubygems',
  // https://guides.rubygems.org/rubygems-org-compact-index-api/
  // https://bundler.io/man/bundle-config.1.html
  client: 'bundler',
  decodes: true,
  marker: null,
  read,
  lines: linesBy((chain) => formatCommand`bundle config set --global mirror.${source} ${headUrlOf(chain, '/')}`),
};
