import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PypiContext } from '../../../../src/ecosystems/pypi/context.ts';
import { prepare, probe } from '../../../../src/ecosystems/pypi/conversation.ts';
import { readProvenance } from '../../../../src/ecosystems/pypi/provenance.ts';
import { type AttestationPublisher, isSignedBy } from '../../../../src/ecosystems/pypi/publishers.ts';
import { mismatchOf, phrase } from '../../../../src/words/tell.ts';
import { table } from '../../../support/table.ts';
import { answered, talk, targetOf } from '../talk.ts';

interface Recorded {
  readonly answers: readonly [{ readonly body: string }, { readonly body: string }];
}

const fixtures = new URL('../../../fixtures/', import.meta.url);
const { answers } = JSON.parse(readFileSync(new URL('pypi/provenance-real.json', fixtures), 'utf8')) as Recorded;
const [{ body: page }, { body: recorded }] = answers;
const trustedRoot = readFileSync(new URL('sigstore/trusted_root.json', fixtures), 'utf8');
const sha256 = '9bb1add04b1b4e182be6b0b80931593f7a291eb49d69b4fd728a5d4cbcdc4bd3';
const signer = 'https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19';

interface Written {
  envelope: { statement: string; signature: string };
  verification_material: { certificate: string; transparency_entries: Record<string, unknown>[] };
  version: number;
}

/** The real provenance object, changed in one place. */
function changed(change: (attestation: Written) => void): string {
  const read = JSON.parse(recorded) as { attestation_bundles: { attestations: Written[] }[] };
  for (const { attestations } of read.attestation_bundles) attestations.forEach(change);
  return JSON.stringify(read);
}

function hold(
  body: string,
  root: string | null = trustedRoot,
  of = page,
  publishers: readonly AttestationPublisher[] = [],
) {
  const context: PypiContext = {
    baseUrl: 'https://mirror.example.com/simple',
    pinned: {},
    own: { isAuthority: false, publishers, ...(root === null ? {} : { trustedRoot: root }) },
    nowWallMs: 1_700_000_000_000,
  };
  const target = { ...targetOf('provenance', 'pypi-attestations', '0.0.19'), ecosystem: 'pypi', upstream: 'pypi' };
  const type = { 'content-type': 'application/vnd.pypi.simple.v1+json' };
  const { verdict } = talk(probe(target, context), (_, count) =>
    count === 1 ? answered(200, of, type) : answered(200, body),
  );
  return verdict;
}

describe('without the libraries, or a root', () => {
  test('a root whose libraries were not loaded verifies nothing, and that is said', () =>
    expect(hold(recorded).facts.signature).toEqual({ state: 'no_tool', key: null }));

  test('nothing is loaded without a root', async () => {
    await prepare({ own: { isAuthority: false } });
    expect(hold(recorded).facts.signature).toEqual({ state: 'no_tool', key: null });
    expect(hold(recorded, null).facts.signature).toEqual({ state: 'no_key', key: null });
  });
});

describe('by the trusted root of the public Sigstore', () => {
  beforeAll(() => prepare({ own: { isAuthority: false, trustedRoot } }));

  test('a real attestation: who signed is named, and the file is not verified by it', () => {
    const { outcome, facts } = hold(recorded);
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts).toEqual({
      signature: { state: 'valid', key: signer },
      compared: { algorithm: 'sha256', digest: `sha256:${sha256}` },
    });
  });

  const sdist = 'pypi_attestations-0.0.19.tar.gz';
  const wheel = 'pypi_attestations-0.0.19-cp312-cp312';
  test.each([
    ['in other case and with other separators', sdist, 'PyPI.Attestations-0.0.19.tar.gz', { tag: 'ok' }],
    [
      'with its platforms in another order',
      `${wheel}-manylinux_2_17_x86_64.manylinux2014_x86_64.whl`,
      `${wheel}-manylinux2014_x86_64.manylinux_2_17_x86_64.whl`,
      { tag: 'ok' },
    ],
    ['of another version', sdist, 'pypi_attestations-0.0.20.tar.gz', { failure: { kind: 'malformed' } }],
    ['of another kind', sdist, `${wheel}-any.whl`, { failure: { kind: 'malformed' } }],
  ])('a name %s', (_, file, name, want) => {
    const body = changed(({ envelope }) => {
      const statement = Buffer.from(envelope.statement, 'base64').toString();
      envelope.statement = Buffer.from(statement.replace(sdist, name)).toString('base64');
    });
    expect(hold(body, null, page.replaceAll(sdist, file)).outcome).toMatchObject(want);
  });

  const publisher = {
    project: 'pypi-attestations',
    kind: 'GitHub',
    repository: 'trailofbits/pypi-attestations',
  } as const;
  const held = (...publishers: readonly AttestationPublisher[]) => hold(recorded, trustedRoot, page, publishers);

  test.each<[string, AttestationPublisher]>([
    ['a repository', publisher],
    ['a repository in another case', { ...publisher, repository: 'TrailOfBits/PyPI-attestations' }],
    ['a workflow of it', { ...publisher, workflow: 'release.yml' }],
  ])('%s that may sign: the file is verified by it', (_, one) =>
    expect(held(one)).toEqual({
      outcome: { tag: 'ok' },
      facts: {
        signature: { state: 'valid', key: signer },
        verified: { algorithm: 'sha256', digest: `sha256:${sha256}`, against: 'signature' },
        file: { want: `sha256:${sha256}`, says: 'right', isKey: true },
      },
    }),
  );

  test.each(
    table<[string, AttestationPublisher, string][]>(
      'unit/ecosystems/pypi/attestations',
      'by the trusted root of the public Sigstore: %s alone may sign: a mismatch of the attestation that names both',
    ),
  )('%s alone may sign: a mismatch of the attestation that names both', (_, one, want) => {
    const failure = {
      kind: 'mismatch',
      algorithm: 'sigstore',
      want,
      got: signer,
      by: 'pypi.publishers',
      side: 'attestation',
      sentences: expect.any(Object),
    };
    const { outcome, facts } = held(one);
    expect(outcome).toEqual({ tag: 'failed', failure });
    // The configuration may be what is wrong, so mirrors are compared.
    expect(facts).toMatchObject({
      file: { want, says: 'wrong', isKey: true },
      compared: { algorithm: 'sha256', digest: `sha256:${sha256}` },
    });
  });

  test('the publisher of another project does not matter for this one, nor does any without a trusted root', () => {
    const other = { ...publisher, project: 'another', repository: 'a/b' };
    expect(held(other).facts.compared).toBeDefined();
    const { facts } = hold(recorded, null, page, [{ ...publisher, repository: 'a/b' }]);
    expect([facts.signature, facts.verified]).toEqual([{ state: 'no_key', key: null }, undefined]);
  });

  test('a subject that looks right does not count without the issuer that vouches for it', () => {
    const subject = 'https://github.com/a/b/.github/workflows/c.yml@refs/heads/main';
    const issuer = 'https://token.actions.githubusercontent.com';
    const who = { project: 'p', kind: 'GitHub', repository: 'a/b' } as const;
    expect(isSignedBy(who, { subject, issuer })).toBe(true);
    expect(isSignedBy(who, { subject, issuer: 'https://accounts.example.com' })).toBe(false);
    expect(isSignedBy(who, { subject: 'https://github.com/a/b/.github/workflows/c.yml', issuer })).toBe(false);
    const atGitLab = { subject: 'https://gitlab.com/g/s/p//.gitlab-ci.yml@refs/tags/v1', issuer: 'https://gitlab.com' };
    expect(isSignedBy({ project: 'p', kind: 'GitLab', repository: 'g/s/p' }, atGitLab)).toBe(true);
    expect(isSignedBy({ project: 'p', kind: 'GitLab', repository: 'g/s' }, atGitLab)).toBe(false);
  });

  const forged = (code: string) => ({
    tag: 'failed',
    failure: mismatchOf({
      algorithm: 'sigstore',
      want: phrase('answer.whatSigned'),
      got: code,
      by: phrase('answer.trustedRoot'),
      side: 'attestation',
    }),
  });
  const otherSha = '0'.repeat(64);
  const otherStatement = (one: Written): void => {
    const text = Buffer.from(one.envelope.statement, 'base64').toString('utf8');
    one.envelope.statement = Buffer.from(text.replace(sha256, otherSha)).toString('base64');
  };

  test('a statement about other bytes than the page has is a mismatch of the attestation', () => {
    expect(hold(changed(otherStatement), trustedRoot, page.replace(sha256, otherSha)).outcome).toEqual(
      forged('TLOG_BODY_ERROR'),
    );
    expect(hold(changed(otherStatement)).outcome).toMatchObject({
      failure: { kind: 'mismatch', algorithm: 'sha256', want: `sha256:${sha256}`, got: `sha256:${otherSha}` },
    });
  });

  test('another signature is one too', () => {
    const other = changed((one) => {
      const bytes = Buffer.from(one.envelope.signature, 'base64');
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      one.envelope.signature = bytes.toString('base64');
    });
    expect(hold(other).outcome).toMatchObject({ failure: { kind: 'mismatch', side: 'attestation' } });
  });

  test.each<[string, string]>([
    [
      'a log that the root does not know',
      trustedRoot.replaceAll(
        'wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=',
        'AAAAatQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=',
      ),
    ],
    ['parts that are none', JSON.stringify({ ...(JSON.parse(trustedRoot) as object), tlogs: [{ publicKey: 1 }] })],
    ['certificates of nobody', JSON.stringify({ ...(JSON.parse(trustedRoot) as object), certificateAuthorities: [] })],
  ])('%s: unknown, as an old root could not', (_, root) => {
    const { outcome, facts } = hold(recorded, root);
    expect([outcome.tag, facts.signature]).toEqual(['ok', { state: 'unknown_key', key: null }]);
  });

  test('what cannot be read ends typed', () => {
    const cut = changed((one) => {
      one.verification_material.certificate = 'AAAA';
    });
    expect(hold(cut).outcome).toMatchObject({ failure: { kind: 'malformed' } });
    const without = changed((one) => {
      one.verification_material.transparency_entries = [{}];
    });
    expect(hold(without).outcome).toMatchObject({ failure: { kind: 'malformed' } });
  });

  test('where a root is at hand, a file without attestations is said to be unsigned', () => {
    const bare = page.replace(/, ?"provenance": ?"[^"]*"/, '');
    expect(hold('', trustedRoot, bare).facts).toEqual({
      notOffered: true,
      signature: { state: 'unsigned', key: null },
    });
  });
});

describe('a provenance object', () => {
  const one = (more: object = {}, statement: unknown = { subject: [{ name: 'a', digest: { sha256 } }] }) => ({
    version: 1,
    envelope: { statement: Buffer.from(JSON.stringify(statement)).toString('base64'), signature: 'AA==' },
    verification_material: { certificate: 'AA==', transparency_entries: [] },
    ...more,
  });
  const of = (...attestations: readonly unknown[]): object => ({ version: 1, attestation_bundles: [{ attestations }] });
  test.each<[string, unknown, boolean]>([
    ['one attestation', of(one()), true],
    ['none', of(), false],
    ['of another version', { ...of(one()), version: 2 }, false],
    ['an attestation of another version', of(one(), one({ version: 2 })), false],
    ['no statement', of(one({ envelope: {} })), false],
    ['a statement about nothing', of(one({}, { subject: [] })), false],
    [
      'about two files',
      of(
        one(
          {},
          {
            subject: [
              { name: 'a', digest: { sha256 } },
              { name: 'b', digest: { sha256 } },
            ],
          },
        ),
      ),
      false,
    ],
    ['with another hash', of(one({}, { subject: [{ name: 'a', digest: { md5: 'x' } }] })), false],
    ['null', null, false],
    ['a list', [], false],
  ])('%s: %#', (_, value, isRead) =>
    expect(readProvenance(Buffer.from(JSON.stringify(value))).tag).toBe(isRead ? 'ok' : 'error'),
  );

  test('an object in place of a text takes no memory by its `length`', () => {
    const logged = (keyId: unknown) => ({ certificate: 'AA==', transparency_entries: [{ logId: { keyId } }] });
    const read = (keyId: unknown) =>
      readProvenance(Buffer.from(JSON.stringify(of(one({ verification_material: logged(keyId) }))))).tag;
    expect([read('"length":'), read({ length: 2 ** 20 })]).toEqual(['ok', 'error']);
  });
});
