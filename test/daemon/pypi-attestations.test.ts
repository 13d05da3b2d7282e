import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { text } from '../support/answer.ts';
import { startRawServer } from '../support/raw-server.ts';
import { startRealDaemon } from './real-daemon.ts';

const fixtures = new URL('../fixtures/', import.meta.url);
const recorded = JSON.parse(readFileSync(new URL('pypi/provenance-real.json', fixtures), 'utf8')) as {
  readonly answers: readonly [{ readonly body: string }, { readonly body: string }];
};
const trustedRoot = readFileSync(new URL('sigstore/trusted_root.json', fixtures), 'utf8');

const yamlOf = (publishers = ''): string => `
listen: 127.0.0.1:0
schedule: { every: 1s, timeout: 30s, perHost: 8 }
steps: { provenance: 200ms }
mirrors: [ { name: near, ecosystem: pypi, url: "${mirror.url}/simple" } ]
modules: { pypi: [ "pypi-attestations==0.0.19" ] }
pypi: { trustedRoot: root.json${publishers} }
state: { path: ":memory:" }
`;
const files = { '/nowhere/root.json': trustedRoot };

const [page, provenance] = recorded.answers;
const mirror = await startRawServer({
  answer: ({ path }) => {
    if (path.endsWith('/provenance')) return text(200, provenance.body);
    if (path !== '/simple/pypi-attestations/') return text(404, 'not found\n');
    const headers = { 'content-type': 'application/vnd.pypi.simple.v1+json' };
    return { status: 200, headers, body: Buffer.from(page.body) };
  },
});
const daemon = await startRealDaemon(yamlOf(), {}, files);

afterAll(async () => {
  await daemon?.daemon.stop();
  await mirror?.close();
});

test('a trusted root of the file reaches the conversations, and the libraries with it', async () => {
  const json = async <T>(path: string): Promise<T> => JSON.parse((await daemon.get(`/api/v1/${path}`)).text) as T;
  await daemon.until('the signer is named', async () => {
    const { targets } = await json<{ targets: readonly { step: string; probeId: string | null }[] }>('targets');
    const probeId = targets.find(({ step }) => step === 'provenance')?.probeId ?? null;
    if (probeId === null) return false;
    const { facts } = await json<{ facts: { signature: { state: string; key: string | null } | null } }>(
      `probes/${probeId}`,
    );
    expect(facts.signature?.state).toBe('valid');
    expect(facts.signature?.key).toMatch(
      /^https:\/\/github\.com\/trailofbits\/pypi-attestations\/.*release\.yml@refs\/tags\/v0\.0\.19$/,
    );
    return true;
  });
});

test('another publisher than the file of the configuration names is a finding about the file, while no other mirror serves it', async () => {
  const publisher = '{ project: PyPI_Attestations, kind: GitHub, repository: somebody/else }';
  const other = await startRealDaemon(yamlOf(`, publishers: [ ${publisher} ]`), {}, files);
  try {
    await other.until('it is told', async () => {
      const { findings } = JSON.parse((await other.get('/api/v1/findings')).text) as {
        findings: readonly { kind: string; cause: string; text: string }[];
      };
      expect(findings.filter(({ kind }) => kind === 'mismatch')).toEqual([]);
      const found = findings.find(({ kind }) => kind === 'self');
      if (found === undefined) return false;
      expect([found.cause, found.text]).toEqual(['lock', expect.stringContaining('signed by GitHub somebody/else')]);
      return true;
    });
  } finally {
    await other.daemon.stop();
  }
});
