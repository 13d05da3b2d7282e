import { loadConfigSlowly } from '../../config/load-slowly.ts';
import { limits } from '../../core/limits.ts';
import type { Sentence } from '../../core/result.ts';
import { baseUrl } from '../../core/url.ts';
import { systemFiles } from '../../daemon/machine.ts';
import { registry } from '../../ecosystems/registry.ts';
import type { Context } from '../../terminal/context.ts';
import { phrase } from '../../words/tell.ts';
import { findKnown, listOwnMirrors, listPublicMirrors } from './mirrors.ts';
import { type Drafted, formatLiteral } from './proposal.ts';

/** The maximum number of names that `private` lists for one ecosystem. With more, none of its lock files is used. */
const doubtedMax = 200;

/** The maximum number of indexes that are judged one by one. With more, all of them count as unknown. */
const sourcesMax = 20;

interface Judged {
  readonly drafted: Drafted;
  readonly leftOut: readonly { readonly file: string; readonly expected: Sentence | string }[];
}

/**
 * Finds the names in lock files that may be private: those from another source than the public upstream and its known
 * mirrors. The mirrors of this machine's settings do not count as such, because they may serve private names too
 * (docs/decisions/0194). A lock file whose names cannot be judged is left out.
 * @param path  the path of the proposed configuration
 */
export async function judgeNames(context: Context, drafted: Drafted, path: string): Promise<Judged> {
  const { surveyed, locks } = drafted;
  const kind = registry.of(surveyed.id)?.names.private;
  if (kind == null) return { drafted, leftOut: [] };
  const privatePatterns = surveyed.privatePatterns.filter((pattern) => kind.isPattern(pattern));
  // Any name may be private, and no pattern of the configuration says so.
  if (privatePatterns.length < surveyed.privatePatterns.length)
    return {
      drafted: { ...drafted, surveyed: { ...surveyed, privatePatterns }, locks: [], used: [] },
      leftOut: locks.map(({ file }) => ({ file, expected: phrase('init.anyPrivate') })),
    };
  const doubted = new Set<string>();
  const isPublic = surveyed.chain === null || listPublicMirrors(surveyed, 'none').length > 0;
  const isOpen = surveyed.isUnverified && (!isPublic || listOwnMirrors(surveyed).length > 0);
  const sources = new Set(surveyed.sources);
  // The examples are public names. A name with `*` would be a pattern for others.
  const known = new Set(findKnown(surveyed.id).modules.map((entry) => nameOf(surveyed.id, entry)));
  const isNew = (name: string): boolean =>
    kind.isPattern(name) && !name.includes('*') && !known.has(name) && !kind.matches(surveyed.privatePatterns, name);
  const leftOut: Judged['leftOut'][number][] = [];
  for (const lock of locks)
    for (const source of sources.size === 0 ? [null] : sources.size > sourcesMax ? [''] : sources) {
      const { env, cwd } = context;
      const text = renderOneLock(surveyed.id, lock.file, source);
      const loaded = await loadConfigSlowly({ text, path, env, cwd, files: systemFiles });
      if (loaded.tag === 'error') {
        const [issue] = loaded.error;
        leftOut.push({ file: lock.file, expected: issue?.expected ?? '' });
        break;
      }
      const { config, skippedLockEntries } = loaded.value;
      const foreign = skippedLockEntries.filter(({ because }) => because === 'foreign');
      for (const { module } of [...foreign, ...(isOpen ? config.modules : [])]) if (isNew(module)) doubted.add(module);
    }
  const isMuch = doubted.size > doubtedMax;
  const expected = isOpen
    ? phrase('init.unverified')
    : phrase('init.doubted', { count: doubted.size, most: doubtedMax });
  return {
    drafted: {
      ...drafted,
      doubted: isMuch ? [] : [...doubted].toSorted(),
      // A later version of the file may have further names, and it does not say where they come from.
      locks: locks.filter((lock) => !isMuch && !isOpen && !leftOut.some((one) => one.file === lock.file)),
    },
    leftOut: isMuch || isOpen ? locks.map((lock) => ({ file: lock.file, expected })) : leftOut,
  };
}

function nameOf(id: string, entry: unknown): string | null {
  const parsed = typeof entry === 'string' ? registry.of(id)?.names.parse(entry) : null;
  return parsed?.tag === 'ok' ? parsed.value.module : null;
}

/**
 * Renders a configuration that reads one lock file. Its only mirror is a public one.
 * @param source  the index that clients use; `null`: the public upstream
 */
function renderOneLock(id: string, from: string, source: string | null): string {
  const known = findKnown(id);
  const url = known.mirrors[0]?.url ?? 'https://mirror.invalid';
  const chain =
    source === null ? '' : `clients: { ${id}: ${formatLiteral(baseUrl(source)?.url ?? 'https://source.invalid')} }`;
  return `mirrors: [{ name: known, ecosystem: ${id}, url: "${url}" }]
modules: { ${id}: [{ from: ${formatLiteral(from)}, top: ${limits.modules} }] }
state: { path: ":memory:" }
${chain}`;
}
