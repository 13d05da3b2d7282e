import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { targetId } from '../../src/core/mirror.ts';
import { readSigningKeys } from '../../src/ecosystems/npm/signatures.ts';
import { systemClock } from '../../src/io/clock.ts';
import { accessTo, realWire } from '../fault/own-wire.ts';
import { declared } from '../support/declared.ts';
import { hollowPackage, type NpmRegistryOptions, startNpmRegistry } from '../support/npm-registry.ts';
import { makeNpmSigner } from '../support/npm-signer.ts';
import { commandPath } from '../support/paths.ts';
import { mustRun } from '../support/process.ts';
import type { RawServer } from '../support/raw-server.ts';
import { real } from '../support/requires.ts';
import { createInlineWorkers } from '../support/workers-inline.ts';

const hello = hollowPackage('hello', '1.0.0');
const [signer, mallory] = [makeNpmSigner('of-the-origin'), makeNpmSigner('of-the-mirror')];

/** What `npm audit signatures` does with each package, by npm's own copy of pacote: prints `ok` or the code of its error. */
const script = `
const [pacote, registry, keys] = process.argv.slice(1);
const withPem = JSON.parse(keys).map((one) => ({
  ...one,
  pemkey: '-----BEGIN PUBLIC KEY-----\\n' + one.key + '\\n-----END PUBLIC KEY-----',
}));
const options = { registry, verifySignatures: true, ['//' + new URL(registry).host + '/:_keys']: withPem };
require(pacote).manifest('hello@1.0.0', options).then(
  ({ _signatures }) => console.log(_signatures === undefined ? 'unsigned' : 'ok'),
  ({ code }) => console.log(code),
);`;

/** The folder of npm's own libraries. */
const pacoteOf = (): string => join(dirname(realpathSync(commandPath('npm'))), '..', 'node_modules', 'pacote');

// The command itself first asks Sigstore's public TUF repository for keys, which no setting of npm's moves to this machine.
real('what npm audit signatures and our step say of one packument, by the same keys', ['npm'], () => {
  const servers: RawServer[] = [];
  const mirrors: readonly [string, Omit<NpmRegistryOptions, 'packages'>, object, string, string][] = [
    ['honest', { signer }, signer.listed(), 'ok', 'valid'],
    [
      'tampered',
      { signer, forged: hollowPackage('hello', '6.6.6') },
      signer.listed(),
      'EINTEGRITYSIGNATURE',
      'mismatch',
    ],
    ['a forger with a key of its own', { signer: mallory }, signer.listed(), 'EMISSINGSIGNATUREKEY', 'unknown_key'],
    ['stripped', {}, signer.listed(), 'unsigned', 'unsigned'],
    [
      'signed after its key had expired: the short packument tells us no time',
      { signer },
      signer.listed('2020-01-01T00:00:00.000Z'),
      'EEXPIREDSIGNATUREKEY',
      'undated',
    ],
  ];

  beforeAll(async () => {
    for (const [, options, key] of mirrors)
      servers.push(await startNpmRegistry({ packages: [hello], ...options, keys: [key] }));
  });

  afterAll(async () => {
    for (const server of servers) await server.close();
  });

  async function ours(url: string, key: object): Promise<string> {
    const keys = readSigningKeys(Buffer.from(JSON.stringify({ keys: [key] })));
    if (keys.tag === 'error') throw new Error(JSON.stringify(keys.error));
    const context = { baseUrl: url, pinned: {}, own: { tarballHosts: [], keys: keys.value } };
    const wire = realWire();
    const book = { access: { mirror: accessTo(url) }, context: { mirror: context } };
    const workers = createInlineWorkers({ book, wire, clock: systemClock });
    const [module, version, step] = ['hello', '1.0.0', 'metadata'];
    try {
      const { sample } = await workers.probe({
        probeId: 'probe',
        target: {
          id: targetId('mirror', module, version, step),
          ecosystem: 'npm',
          upstream: 'npm',
          registry: 'mirror',
          ...{ module, version, step },
          ...declared(step),
          canary: false,
        },
        connection: 'cold',
        purpose: 'once',
        timeoutMs: 60_000,
        plannedAtMs: 0,
        round: null,
      });
      return sample.outcome.tag === 'failed' ? sample.outcome.failure.kind : (sample.facts.signature?.state ?? 'none');
    } finally {
      await workers.close();
      await wire.close();
    }
  }

  test.each(mirrors.map((row, i) => [...row, i] as const))('%s', async (_name, _options, key, npm, state, i) => {
    const { url } = servers[i] as RawServer;
    const said = await mustRun(process.execPath, ['-e', script, pacoteOf(), url, JSON.stringify([key])]);
    expect([said.trim(), await ours(url, key)]).toEqual([npm, state]);
  });
});
