import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repoDir } from './support/paths.ts';

/**
 * One word, one meaning, in names too: no two exports of `src` share a name, and no identifier has a word of the list of
 * docs/glossary.md. Names that stand in stored rows, in the API or in messages are contracts: they are listed here.
 */

const contracts: Readonly<Record<string, readonly string[]>> = {
  'advise/ledger.ts': ['lookedBack'],
  'api/probe-view.ts': ['resolverAnswersOthers'],
  'cli/probe.ts': ['said'],
  'core/client-run.ts': ['said'],
  'core/due.ts': ['answered'],
  'core/evidence.ts': ['heardAtMs'],
  'core/history.ts': ['answer', 'told'],
  'core/transcript.ts': ['answerMs'],
  'daemon/client-order.ts': ['said'],
  'daemon/publish.ts': ['askedSeconds'],
  'detect/contents/digests.ts': ['heardMs'],
  'detect/contents/lag.ts': ['looks'],
  'detect/contents/lines.ts': ['looks'],
  'detect/contents/mismatch-says.ts': ['looks'],
  'detect/contents/rows.ts': ['looks'],
  'detect/contents/versions.ts': ['looks'],
  'detect/engine/take.ts': ['answered'],
  'detect/findings/lag-says.ts': ['looks'],
  'detect/findings/lag.ts': ['looks'],
  'detect/findings/mismatch.ts': ['heardMs', 'looks', 'said'],
  'detect/memory/subject.ts': ['looks'],
  'ecosystems/go/sumdb.ts': ['answerMs'],
  'ecosystems/http/signed.ts': ['said'],
  'export/catalog/mirrors.ts': ['mirror_cache_answers_total'],
  'export/samples.ts': ['mirror_cache_answers_total'],
  'features/doctor/text.ts': ['asked', 'untold'],
  'features/rank/command.ts': ['answered', 'asked'],
  'features/rank/row.ts': ['answered'],
  'features/replay/desk.ts': ['answer'],
  'features/replay/player.ts': ['answer', 'told'],
  'features/replay/replay.ts': ['told'],
  'features/replay/text.ts': ['answers'],
  'io/client-runner.ts': ['said'],
  'io/worker-protocol.ts': ['answered'],
  'notify/notices.ts': ['told'],
  'notify/stories.ts': ['news', 'told'],
  'probe/follow.ts': ['answerMs'],
  'state/answer-read.ts': ['answer', 'answered', 'told'],
  'state/answers.ts': ['answered', 'askedOver', 'askedProtocol', 'told'],
  'state/evidence.ts': ['heardAtMs'],
  'state/row-shapes.ts': ['answer', 'lookedBack', 'told'],
  'wire/control.ts': ['answered'],
};
/** What an ecosystem's conversation is loaded by. */
const facets = new Set(['probe', 'prepare']);
/** `isLookedUp`: to look up a name is the field's own term. `look` is an option of a regular expression. */
const fieldTerms = new Set(['isLookedUp', 'look']);

const src = join(repoDir, 'src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.d.ts'),
);
const textOf = (file: string): string => readFileSync(join(src, file), 'utf8');

const glossary = readFileSync(join(repoDir, 'docs/glossary.md'), 'utf8');
const section = glossary.split(/^## /m).find((text) => text.startsWith('Words not used')) ?? '';
const lists = section.split('\n\n').filter((paragraph) => paragraph.startsWith('`'));
const banned = new Set(lists.flatMap((list) => [...list.matchAll(/`([a-z]+)`/g)].map(([, word = '']) => word)));

const wordsOf = (name: string): readonly string[] =>
  (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

/** The identifiers of a source: no comment, no string, no text of a template. */
function identifiersIn(text: string): ReadonlySet<string> {
  const token =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\$\{|[A-Za-z_$][\w$]*|[`{}]|\\[\s\S]|[\s\S]/g;
  const found = new Set<string>();
  const open: ('`' | '{')[] = [];
  for (const [part] of text.matchAll(token)) {
    const isText = open.at(-1) === '`';
    if (part === '`') isText ? open.pop() : open.push('`');
    else if (isText ? part === '${' : part === '{' || part === '${') open.push('{');
    else if (part === '}' && !isText) open.pop();
    else if (!isText && /^[A-Za-z_$]/.test(part)) found.add(part);
  }
  return found;
}

describe('names', () => {
  it('an identifier is read out of code alone', () => {
    const text =
      "const a = 'told'; // said\nconst b = `#{c} heard #{{ d: `x #{e}` }}`; /* asked */ const f = 1;".replaceAll(
        '#',
        '$',
      );
    expect([...identifiersIn(text)]).toEqual(['const', 'a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('no two exports share one', () => {
    const places = new Map<string, Set<string>>();
    for (const file of files)
      for (const [, name = ''] of textOf(file).matchAll(
        /^export (?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm,
      ))
        places.set(name, (places.get(name) ?? new Set()).add(file));
    const shared = [...places].filter(([name, its]) => its.size > 1 && !facets.has(name));
    expect(shared.map(([name, its]) => `${name}: ${[...its].join(', ')}`)).toEqual([]);
  });

  it('no identifier has a word that the field has another term for', () => {
    expect(banned.size).toBeGreaterThan(25);
    const odd = files.flatMap((file) => {
      const found = [...identifiersIn(textOf(file))].filter(
        (name) => !fieldTerms.has(name) && wordsOf(name).some((word) => banned.has(word)),
      );
      const want = contracts[file] ?? [];
      return found.filter((name) => !want.includes(name)).map((name) => `${file}: ${name}`);
    });
    expect(odd).toEqual([]);
  });

  it('each contract in the list is still in its file', () => {
    const gone = Object.entries(contracts).flatMap(([file, names]) => {
      const found = identifiersIn(textOf(file));
      return names.filter((name) => !found.has(name)).map((name) => `${file}: ${name}`);
    });
    expect(gone).toEqual([]);
  });
});
