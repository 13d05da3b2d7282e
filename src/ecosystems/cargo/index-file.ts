import { isMarkup, type WholeBody } from '../../core/body.ts';
import type { ProbeFailure } from '../../core/failure.ts';
import { limits } from '../../core/limits.ts';
import { error, ok, type Result } from '../../core/result.ts';
import type { Slices } from '../../core/slices.ts';
import type { Contents, Facts } from '../../core/transcript.ts';
import { failureOf, malformed, phrase, wrongContent } from '../../words/tell.ts';
import { parseFields } from '../parse-json.ts';
import { selectHighest } from '../semver.ts';
import { statedContentsOf } from '../talk.ts';
import { isCrateVersion } from './names.ts';
import { downloadUrlOf } from './paths.ts';

const sha256 = /^[0-9a-f]{64}$/;
/** cargo ignores lines of a later format. */
const formatMax = 2;
const pieceBytes = 64 * 1024;
/** A shorter line cannot have a SHA-256. Real lines have up to about 100 KB. A longer one would fill the memory. */
const [lineCharsMin, lineCharsMax] = [64, 1024 * 1024];

/** What one index file states. */
interface CrateIndex {
  /** The requested version. `latest` stands for the highest one that is neither yanked nor a pre-release. */
  readonly version: string | null;
  /** The SHA-256 of this version's crate, lower-case hex; `null`: the file has no line for it. */
  readonly sum: string | null;
  readonly listed: NonNullable<Facts['listed']>;
  readonly contents: Contents;
}

/** Reads an index file. As in cargo, a line that cannot be read counts as absent; a file without any other is an error. */
export function* parseIndexFile(
  body: WholeBody,
  name: string,
  wanted: string | null,
): Slices<Result<CrateIndex, ProbeFailure>> {
  if (isMarkup(body.read(0, 512))) return error(wrongContent('answer.crateVersions'));
  const sums = new Map<string, string>();
  const yanked = new Set<string>();
  yield* walkBody(body, (text) => {
    const line = sums.size < limits.versionsCounted ? readLine(text, name) : null;
    if (line === null) return;
    sums.set(line.vers, line.cksum);
    if (line.isYanked) yanked.add(line.vers);
    else yanked.delete(line.vers);
  });
  if (sums.size === 0) return error(malformed('answer.crateVersions'));
  const all = yield* selectHighest([...sums.keys()], limits.contentVersions, isCrateVersion);
  const usable = [...sums.keys()].filter((one) => !yanked.has(one));
  const { count, kept } = yield* selectHighest(usable, limits.contentVersions, isCrateVersion);
  const marked = all.kept.filter((one) => yanked.has(one));
  const version = wanted ?? kept.findLast((one) => !isPre(one)) ?? kept.at(-1) ?? null;
  return ok({
    version,
    sum: version === null ? null : (sums.get(version) ?? null),
    listed: { count, newest: kept.at(-1) ?? null },
    contents: { versions: statedContentsOf(all.kept, isPre, all.count, marked) },
  });
}

function isPre(version: string): boolean {
  return version.split('+', 1)[0]?.includes('-') === true;
}

function readLine(text: string, name: string) {
  if (text.length < lineCharsMin || text.length > lineCharsMax) return null;
  const parsed = parseFields(text, phrase('answer.crateVersions'));
  if (parsed.tag === 'error') return null;
  const { name: named, vers, cksum, yanked, v = 1 } = parsed.value;
  const isRight = typeof named === 'string' && named.toLowerCase() === name.toLowerCase();
  if (!isRight || typeof vers !== 'string' || !isCrateVersion(vers) || Number(v) > formatMax) return null;
  if (typeof cksum !== 'string' || !sha256.test(cksum)) return null;
  return { vers, cksum, isYanked: yanked === true };
}

/** Calls `act` for each line of a body that may be long. A line is cut soon after `lineCharsMax` characters. */
function* walkBody(body: WholeBody, act: (line: string) => void): Slices<void> {
  const decoder = new TextDecoder('utf-8');
  let open = '';
  for (let at = 0; at < body.bytes; at += pieceBytes) {
    const [first = '', ...rest] = decoder.decode(body.read(at, pieceBytes), { stream: true }).split('\n');
    if (open.length <= lineCharsMax) open += first;
    for (const line of rest) {
      act(open);
      open = line;
    }
    yield;
  }
  act(open);
}

/** Reads the config.json of an index. The result is the key `dl`, and the URL that it gives for a usual crate. */
export function parseIndexConfig(
  body: Uint8Array,
): Result<{ readonly dl: string; readonly url: string }, ProbeFailure> {
  const expected = phrase('answer.cratesConfig');
  if (isMarkup(body)) return error(wrongContent('answer.cratesConfig'));
  const parsed = parseFields(new TextDecoder('utf-8').decode(body), expected);
  if (parsed.tag === 'error') return error(failureOf('malformed', parsed.error));
  const { dl } = parsed.value;
  const url = typeof dl === 'string' ? downloadUrlOf(dl, 'serde', '1.0.0', '0'.repeat(64)) : null;
  return typeof dl !== 'string' || url === null ? error(malformed('answer.cratesConfig')) : ok({ dl, url });
}
