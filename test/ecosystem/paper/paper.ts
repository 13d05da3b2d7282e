import { z } from 'zod';
import { error, ok, type Result } from '../../../src/core/result.ts';
import type { Chain, ChainMember, ChainProblem, Client, WalkEnd } from '../../../src/ecosystems/client.ts';
import { type Ecosystem, heavy, light, pinnedIn } from '../../../src/ecosystems/ecosystem.ts';
import { checked } from '../../../src/ecosystems/fields.ts';
import type { LockReader } from '../../../src/ecosystems/locks.ts';
import { createRegistry, registry } from '../../../src/ecosystems/registry.ts';
import { phrase } from '../../../src/words/tell.ts';

/** Its own key of the file. */
export interface PaperSettings {
  /** The word that pages are signed with. */
  readonly seal: string;
}

/** What its conversations need beside the base and hashes. */
export interface PaperOwn extends PaperSettings {
  readonly tray: string;
}

function memberOf(url: string): ChainMember {
  const key = url.replace(/\/+$/, '');
  return { kind: 'url', key, plain: url, shown: url, hasCredentials: false };
}

function parse(chain: string): Result<Chain, ChainProblem> {
  const urls = chain.split(' ').filter((url) => url !== '');
  const wrong = urls.findIndex((url) => !URL.canParse(url));
  if (wrong >= 0) return error({ kind: 'not_a_url', member: wrong });
  if (urls.length === 0) return error({ kind: 'empty' });
  return ok({ members: urls.map(memberOf), separators: urls.slice(1).map(() => '|' as const) });
}

function textOf(chain: Chain): string {
  return chain.members.map(({ plain }) => plain).join(' ');
}

/** Words of this ecosystem alone. */
const wanted = (word: string) => phrase('expected.word', { word });

/** The press asks one mirror after the other, but takes a 451 for an answer: no other one would print that page. */
const press: Client = {
  id: 'press',
  spec: ['https://paper.example.com/press#mirrors'],
  describes: 'The mirrors of the press, with spaces between.',
  expected: wanted('URLs with spaces between'),
  parse,
  mistake: (chain) => (parse(chain).tag === 'ok' ? null : phrase('expected.urlsSpaces')),
  usual: (url) => url ?? '',
  member: memberOf,
  protocols: () => ['1.1'],
  walk(chain, replyOf): WalkEnd {
    let tookMs = 0;
    for (const [at, member] of chain.members.entries()) {
      const reply = replyOf(member);
      if (reply.tag === 'unknown') return { tag: 'unknown', at };
      tookMs += reply.tookMs;
      if (reply.tag === 'ok') return { tag: 'ok', at, tookMs };
      if (reply.status === 451) return { tag: 'failed', at };
    }
    return { tag: 'failed', at: chain.members.length - 1 };
  },
  forms: ['env'],
  variables: { PAPER_MIRRORS: () => true },
  remedy: (before, after) => ({
    remedy: {
      env: `export PAPER_MIRRORS='${textOf(after)}'`,
      json: JSON.stringify({ PAPER_MIRRORS: textOf(after) }),
    },
    rollback: `export PAPER_MIRRORS='${textOf(before)}'`,
    notes: ['A press that is running keeps its mirrors.'],
  }),
};

/** The copier knows one mirror. */
const copier: Client = {
  ...press,
  id: 'copier',
  spec: ['https://paper.example.com/copier'],
  describes: 'The mirror of the copier.',
  expected: wanted('a URL'),
  headed: (_chain, to) => ({ members: [to], separators: [] }),
  forms: ['pip'],
  variables: {},
  remedy: (before, after) => ({
    remedy: {
      pip: `mirror = ${after.members[0]?.plain ?? ''}`,
      json: JSON.stringify({ copier: after.members[0]?.plain ?? '' }),
    },
    rollback: `mirror = ${before.members[0]?.plain ?? ''}`,
    notes: [],
  }),
};

const lockLine = /^(\S+) (\d+) (sha256:[0-9a-f]{64}) ?(\S*)$/;

/** Lines `name page hash [source]`; a source that is no configured mirror is foreign. */
const readLock: LockReader = ({ name, text, mirrors, isPrivate }) => {
  const lines = text.split('\n').map((content, at) => ({ content, line: at + 1, found: lockLine.exec(content) }));
  const wrong = lines.filter(({ content, found }) => content !== '' && found === null);
  const entries = lines.flatMap(({ found }) => (found === null ? [] : [found]));
  if (entries.length === 0) return error(wanted('a paper.lock with at least one line'));
  const isForeign = (source: string): boolean => source !== '' && !mirrors.some(({ url }) => source.startsWith(url));
  return ok({
    entries: entries.map(([, module = '', version = '', , source = '']) => ({
      module,
      version,
      because: isPrivate(module) ? 'private' : isForeign(source) ? 'foreign' : null,
    })),
    pinned: Object.fromEntries(entries.map(([, module, version, hash = '']) => [`${module}@${version}/page`, hash])),
    malformed:
      wrong.length === 0
        ? []
        : [
            {
              file: name,
              expected: wanted('name, page and hash'),
              count: wrong.length,
              first: wrong.map(({ line }) => ({ line, module: '', version: '' })),
            },
          ],
  });
};

/** What of this wing was loaded, to see that nothing is before it is wanted. */
export const loaded: string[] = [];

/** A sixth ecosystem, made up: pages of papers, numbered, some of them private. */
export const paper: Ecosystem<PaperSettings, PaperOwn> = {
  id: 'paper',
  publicUpstream: 'press',
  spec: ['https://paper.example.com/protocol'],
  steps: {
    page: light(2, { grain: 'version', usualBytes: 3000, verifies: wanted('the lock file') }),
    shelf: light(10, { grain: 'module', usualBytes: 1000 }),
    bundle: heavy({ grain: 'version' }),
    door: light(30, { grain: 'mirror', usualBytes: 100, isRequested: (_mirror, { seal }) => seal !== 'none' }),
  },
  canary: 'page',
  fetch: ['page', 'bundle'],
  realClients: [],
  names: {
    describes: 'Papers.',
    entry: { describes: 'A paper, and a page.', expected: wanted('name#page, or name alone') },
    parse(text) {
      const [, module = '', version = null] = /^([a-z-]+)(?:#(\d+))?$/.exec(text) ?? [];
      return module === '' ? error(wanted('name#page, or name alone')) : ok({ module, version });
    },
    form: {
      schema: checkedForm(),
      read: (value) => ({ module: (value as { paper: string }).paper, version: null, upstream: 'attic' }),
    },
    byHand(text) {
      const [module = '', version = null] = text.split('#');
      return { module, version };
    },
    newest: null,
    isFixed: (version) => version !== null,
    example: 'gazette#1',
    private: {
      describes: 'Beginnings of names.',
      expected: wanted('the beginning of a name'),
      list: wanted('a list of beginnings'),
      isPattern: (text) => /^[a-z-]+$/.test(text),
      matches: (patterns, module) => patterns.some((pattern) => module.startsWith(pattern)),
    },
  },
  locks: {
    describes: 'A paper.lock.',
    top: 'So many of its papers.',
    expected: wanted('the path of a paper.lock'),
    isLock: (name) => name.endsWith('paper.lock'),
    reader: async () => {
      loaded.push('lock reader');
      return readLock;
    },
  },
  settings: {
    describes: 'What is particular to paper.',
    keys: { seal: checked('The seal.', wanted('a word'), (value) => /^[a-z]+$/.test(value)).prefault('wax') },
    read: ({ seal }) => ({ seal: String(seal) }),
  },
  mirrorKeys: { tray: checked('The tray.', wanted('a word'), (value) => /^[a-z]+$/.test(value)).optional() },
  clients: [press, copier],
  context: ({ mirror, settings }) => ({ seal: settings.seal, tray: String(mirror.own?.['tray'] ?? 'any') }),
  learning: {
    keys: ['paper/'],
    learn: (known, { logged = {} }) =>
      Object.entries(logged).flatMap(([name, hash]) =>
        known.has(`paper/${name}`) ? [] : [[`paper/${name}`, hash] as const],
      ),
    pinned: (known) => pinnedIn(known, 'paper/'),
  },
  async prober() {
    loaded.push('conversation');
    return import('./conversation.ts');
  },
  demo: () => import('./demo.ts').then(({ demo }) => demo),
};

function checkedForm() {
  return z.strictObject({ paper: z.string() });
}

/** The ecosystems of this release and one more: its folder and this line are all there is of it. */
export const withPaper = createRegistry([...registry.all, paper]);
