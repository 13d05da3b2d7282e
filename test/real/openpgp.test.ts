import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ProbeResponse } from '../../src/core/transcript.ts';
import { probe } from '../../src/ecosystems/http/conversation.ts';
import { createGpgv } from '../../src/io/gpgv.ts';
import { type Gpg, makeGpg } from '../support/openpgp.ts';
import { real } from '../support/requires.ts';
import { answered, targetOf } from '../unit/ecosystems/talk.ts';

const text = 'Suite: stable\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';
const path = 'dists/stable/InRelease';
/** A clock of the past: what is made by it has expired. */
const longAgo = ['--faked-system-time', '20200101T000000!'] as const;

real('lists of files by the real gpg, verified by the real gpgv', ['gpgv'], () => {
  let gpg: Gpg;
  let keyring: string;

  beforeAll(async () => {
    gpg = makeGpg();
    await gpg.makeKey('archive', 'never');
    await gpg.makeKey('stranger', 'never');
    await gpg.makeKey('old', '1d', ...longAgo);
    await gpg.makeKey('ancient', 'never', ...longAgo);
    keyring = await gpg.keyring('archive', 'old', 'ancient');
  });
  afterAll(() => gpg?.close());

  async function verdict(bodies: Readonly<Record<string, Uint8Array>>, about = path, keys = keyring) {
    const own = { profile: null, expect: { [about]: { signedBy: keys } } };
    const context = { baseUrl: 'https://m.example.com', pinned: {}, own, nowWallMs: 1_700_000_000_000 };
    const conversation = probe(targetOf('whole', about), context);
    let turn = conversation.next();
    while (!turn.done) {
      const { check, url } = turn.value;
      const body = bodies[new URL(url).pathname.slice(1)];
      const answer: ProbeResponse =
        check === undefined
          ? body === undefined
            ? answered(404)
            : answered(200, body)
          : await createGpgv().check(check);
      turn = conversation.next(answer);
    }
    return turn.value;
  }

  /** The same, one character of the signed text changed. */
  const forged = (body: Buffer): Buffer => Buffer.from(body.toString('latin1').replace('stable', 'stabbe'), 'latin1');

  test('one that a key of the keyring signed is verified by its fingerprint', async () => {
    const { outcome, facts } = await verdict({ [path]: await gpg.clearSigned(text, ['archive']) });
    expect(outcome).toEqual({ tag: 'ok' });
    expect(facts.signature).toEqual({ state: 'valid', key: await gpg.fingerprint('archive') });
    expect(facts.verified?.against).toBe('signature');
  });

  test('another byte of it is a mismatch', async () => {
    const { outcome } = await verdict({ [path]: forged(await gpg.clearSigned(text, ['archive'])) });
    expect(outcome).toMatchObject({
      failure: {
        kind: 'mismatch',
        want: expect.stringMatching(/^a good signature \(gpgv: BADSIG [0-9A-F]{16} archive@/),
      },
    });
  });

  test('an unknown key, an expired one and an invalid signature are distinguished', async () => {
    const state = async (body: Buffer) => (await verdict({ [path]: body })).facts.signature?.state;
    expect(await state(await gpg.clearSigned(text, ['stranger']))).toBe('unknown_key');
    expect(await state(await gpg.clearSigned(text, ['stranger', 'archive']))).toBe('valid');
    expect(await state(await gpg.clearSigned(text, ['old'], ...longAgo))).toBe('expired_key');
    const brief = ['--default-sig-expire', '1d', ...longAgo];
    expect(await state(await gpg.clearSigned(text, ['ancient'], ...brief))).toBe('expired');
    expect(await state(await gpg.clearSigned(text, ['archive'], '--digest-algo', 'SHA1'))).toBe('unsupported');
    const signed = (await gpg.clearSigned(text, ['archive'])).toString('latin1');
    const spoilt = signed.replace(/(BEGIN PGP SIGNATURE-+\n\n)[\s\S]*(?=\n-----END)/, '$1AAAA');
    expect((await verdict({ [path]: Buffer.from(spoilt, 'latin1') })).outcome).toMatchObject({
      failure: { kind: 'malformed' },
    });
  });

  test('a detached signature, and one of another file', async () => {
    const about = 'dists/stable/Release';
    const bodies = { [about]: Buffer.from(text), [`${about}.gpg`]: await gpg.detached(text, 'archive') };
    expect((await verdict(bodies, about)).facts.signature?.state).toBe('valid');
    const other = { ...bodies, [about]: Buffer.from(text.replace('stable', 'stabbe')) };
    expect((await verdict(other, about)).outcome).toMatchObject({
      failure: { kind: 'mismatch', algorithm: 'openpgp' },
    });
  });

  test('a keyring that was removed after the start: no key is trusted', async () => {
    const { facts } = await verdict({ [path]: await gpg.clearSigned(text, ['archive']) }, path, '/nowhere/keys.gpg');
    expect(facts.signature?.state).toBe('unknown_key');
    expect(facts.verified).toBe(undefined);
  });
});
