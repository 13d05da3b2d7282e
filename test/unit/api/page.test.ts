import { describe, expect, it } from 'vitest';
import type { Side } from '../../../src/core/finding.ts';
import type { SignatureState } from '../../../src/core/transcript.ts';
import { phrase } from '../../../src/words/tell.ts';
import { fixtureFindings, fixtureStandings } from './fixture-findings.ts';
import { fixtureProbes, fixtureSeries } from './fixture-samples.ts';
import { serveFixture } from './serve-fixture.ts';
import { wordsOfPage } from './words-of-page.ts';

describe('findings', () => {
  it('one that never clears by itself comes with the command as it must be called', async () => {
    const { ask } = await serveFixture({
      findings: () => ({
        items: fixtureFindings.slice(0, 1).map((one) => ({ ...one, id: 'f1', kind: 'mismatch' })),
        next: null,
      }),
    });
    const { text } = await ask('/');
    expect(text).toMatch(/<code>mirrorwatch ack f1 --reason (&#39;|')…(&#39;|')<\/code>/);
  });

  it.each([
    ['sha256:3ca6c', 'oci-b <code>sha256:3ca6c</code>'],
    ['3ca6c', 'oci-b sha256 <code>3ca6c</code>'],
  ])('names the algorithm of a digest once: %s', async (digest, want) => {
    const item = { module: 'base', version: '1', step: 'blob' } as const;
    const side: Side = { item, registries: ['oci-b'], algorithm: 'sha256', digest, sinceMs: null, seen: null };
    const items = fixtureFindings.slice(0, 1).map((one) => ({ ...one, evidence: { ...one.evidence, sides: [side] } }));
    const { ask } = await serveFixture({ findings: () => ({ items, next: null }) });
    expect((await ask('/')).text).toContain(want);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['all that are kept', [4, 3, 2, 1, 0].map((n) => `p-coast-mod-${n}`), []],
    ['those that are still kept', ['p-coast-mod-3'], []],
    ['nowhere, and says so', [], ['the probes of this finding are no longer stored']],
  ])('leads to %s', async (_where, kept, said) => {
    const { ask } = await serveFixture({
      findings: () => ({ items: fixtureFindings.slice(0, 1), next: null }),
      probe: (id) => (kept.includes(id) ? (fixtureProbes[0] ?? null) : null),
    });
    const { text } = await ask('/');
    const walks = [...text.matchAll(/<span class="walk[^"]*">(.*?)<\/span>/g)].map(([, inside = '']) => inside);
    expect(walks.flatMap((walk) => [...walk.matchAll(/\/probes\/([\w-]+)/g)].map(([, id]) => id))).toEqual(kept);
    expect(walks.filter((walk) => !walk.includes('<a'))).toEqual(said);
  });
});

describe('"unknown" is neither fine nor down', () => {
  it('a mirror that is unknown has its own word, shape and hatching', async () => {
    const { text } = await (await serveFixture()).ask('/');
    const row = /<tr [^>]*class="unknown">.*?<\/tr>/s.exec(text)?.[0] ?? '';
    expect(wordsOfPage(row)).toContain('unknown');
    expect(row).toContain('url(#hatch)');
    expect(row).not.toMatch(/class="state (up|down|degraded)"/);
  });
  it('a probe that is unknown says that it counts neither way', async () => {
    const { text } = await (await serveFixture()).ask('/probes/p-go-origin-mod-0');
    expect(wordsOfPage(text)).toContain(
      'Unknown: the problem may be the network of this host. The sample counts neither for nor against the mirror.',
    );
    expect(text).toContain('class="verdict unknown"');
  });
});

interface Targets {
  readonly targets: readonly { readonly signature: unknown }[];
}

describe('capabilities', () => {
  it('those that the mirror lacks are said with what clients lose, the others have it as a title', async () => {
    const capabilities = { yanked: true, time: false, signatures: false };
    const standings = fixtureStandings.map((one) => ({ ...one, capabilities }));
    const { ask } = await serveFixture({ standings: () => standings });
    const { text } = await ask('/mirrors/coast');
    expect(text).toContain('<span title="without yanked: yanked files are installed">yanked</span><br>');
    expect(text).toContain('<b>lacks time</b> <small>checks of a minimum age');
    expect(text).toContain('<b>lacks signatures</b> <small><code>audit signatures</code> fails</small>');
  });
});

describe('a signature', () => {
  const withState = (state: SignatureState) => {
    const series = fixtureSeries.map((one) => ({
      ...one,
      last: one.last && { ...one.last, facts: { ...one.last.facts, signature: { state, key: null } } },
    }));
    return serveFixture({ seriesOf: () => series, series: () => series });
  };

  it('that could not be verified is said beside the outcome, and in the list of targets', async () => {
    const { ask } = await withState('no_key');
    expect(wordsOfPage((await ask('/mirrors/coast')).text)).toContain(
      'signature unverified: no trusted key is available',
    );
    const { targets } = (await ask('/api/v1/targets')).json() as Targets;
    expect(targets[0]?.signature).toEqual({ state: 'no_key', key: null });
  });

  it('what was not checked is said beside the outcome', async () => {
    const facts = { unchecked: phrase('answer.noSignedBy') };
    const series = fixtureSeries.map((one) => ({ ...one, last: one.last && { ...one.last, facts } }));
    const { ask } = await serveFixture({ seriesOf: () => series, series: () => series });
    const words = wordsOfPage((await ask('/mirrors/coast')).text);
    expect(words).toContain('not verified: the entry of this signed list has no expect.signedBy');
  });

  it('a client that refuses the response is said beside the outcome', async () => {
    const facts = { refused: phrase('answer.refused', { client: 'uv', what: 'size' }) };
    const series = fixtureSeries.map((one) => ({ ...one, last: one.last && { ...one.last, facts } }));
    const { ask } = await serveFixture({ seriesOf: () => series, series: () => series });
    const words = wordsOfPage((await ask('/mirrors/coast')).text);
    expect(words).toContain('uv refuses this response because of its size; other clients accept it');
  });

  it('that is valid is said by the probe alone', async () => {
    const { ask } = await withState('valid');
    expect((await ask('/mirrors/coast')).text).not.toContain('signature');
  });
});

describe('a digest of a probe', () => {
  it.each([
    ['an authority verified', true, 'verified'],
    ['only the mirror itself states', false, 'compared, not verified'],
  ])('that %s is shown once', async (_, isVerified, want) => {
    const digest = { algorithm: 'sha256', digest: 'sha256:abc' };
    const facts = { compared: digest, ...(isVerified ? { verified: { ...digest, against: 'signature' } } : {}) };
    const [one] = fixtureProbes;
    if (!one?.transcript) throw new Error('no fixture');
    const probe = { ...one, sample: { ...one.sample, facts } };
    const { text } = await (await serveFixture({ probe: () => probe })).ask('/probes/p1');
    expect(text.match(/<code>sha256:abc<\/code>/g)).toHaveLength(1);
    const words = wordsOfPage(text);
    expect([words.includes(want), words.includes('compared, not verified')]).toEqual([true, !isVerified]);
  });
});

describe('a mirror with many targets', () => {
  it('shows a hundred and leads to the rest', async () => {
    const one = fixtureSeries[0];
    const many = Array.from(
      { length: 230 },
      (_, i) => one && { ...one, target: { ...one.target, id: `coast|m${i}|v1|info`, canary: false } },
    );
    const { ask } = await serveFixture({ seriesOf: () => many.flatMap((series) => series ?? []) });
    const rows = async (path: string): Promise<[number, string]> => {
      const { text } = await ask(path);
      return [
        /<table class="targets">.*?<\/table>/s.exec(text)?.[0].match(/<tr>/g)?.length ?? 0,
        wordsOfPage(/<p class="pages">.*?<\/p>/s.exec(text)?.[0] ?? '').trim(),
      ];
    };
    expect(await rows('/mirrors/coast')).toEqual([101, '130 more']);
    expect(await rows('/mirrors/coast?from=200')).toEqual([31, 'previous page']);
    expect(await rows('/mirrors/coast?from=-1')).toEqual([101, '130 more']);
  });
});

describe('what real clients say', () => {
  it.each([
    ['coast', /Real clients .*go example\.com\/net@v0\.25\.0 10 min ago ok ok 3\.25 s/],
    ['inland', /failed reading https:\/\/mirrors\.inland\.example\.com: 403 Forbidden ok results differ/],
    ['campus', /unknown not installed here not run/],
  ])('of %s stands on its page', async (name, words) => {
    const { ask } = await serveFixture();
    expect(wordsOfPage((await ask(`/mirrors/${name}`)).text.replace(/<(?:small|td|th|strong)\b/g, ' $&'))).toMatch(
      words,
    );
  });
  it('is left out where none is run', async () => {
    const { ask } = await serveFixture();
    expect(wordsOfPage((await ask('/mirrors/go-origin')).text)).not.toContain('Real clients');
  });
});
