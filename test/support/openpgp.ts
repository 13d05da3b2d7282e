import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandPath, tempDir } from './paths.ts';
import { run } from './process.ts';

/** The real gpg with a home of its own. */
export interface Gpg {
  readonly dir: string;
  /** Makes a key that signs. @param more  arguments before the command, such as a clock of the past */
  makeKey(name: string, expires: string, ...more: readonly string[]): Promise<void>;
  /** The keyring of some keys, in the binary form that gpgv reads. */
  keyring(...names: readonly string[]): Promise<string>;
  clearSigned(text: string, names: readonly string[], ...more: readonly string[]): Promise<Buffer>;
  detached(text: string, name: string, ...more: readonly string[]): Promise<Buffer>;
  /** The fingerprint of a key. */
  fingerprint(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts with no key. */
export function makeGpg(): Gpg {
  const dir = tempDir('openpgp');
  let count = 0;
  function path(): string {
    count += 1;
    return join(dir, `file-${count}`);
  }
  async function gpg(...args: readonly string[]): Promise<string> {
    const all = ['--homedir', dir, '--batch', '--yes', '--pinentry-mode', 'loopback', '--passphrase', '', ...args];
    const { code, stdout, stderr } = await run(commandPath('gpg'), all, {});
    if (code !== 0) throw new Error(`gpg ${args.join(' ')}: ${stderr}`);
    return stdout;
  }
  async function made(text: string, args: readonly string[]): Promise<Buffer> {
    const [from, to] = [path(), path()];
    writeFileSync(from, text);
    await gpg(...args.slice(0, -1), '--output', to, args.at(-1) ?? '', from);
    return readFileSync(to);
  }
  return {
    dir,
    makeKey: async (name, expires, ...more) =>
      void (await gpg(...more, '--quick-generate-key', `${name}@example.com`, 'ed25519', 'sign', expires)),
    async keyring(...names) {
      const to = `${path()}.gpg`;
      await gpg('--output', to, '--export', ...names.map((name) => `${name}@example.com`));
      return to;
    },
    clearSigned: (text, names, ...more) =>
      made(text, [...more, ...names.flatMap((name) => ['--local-user', `${name}@example.com`]), '--clearsign']),
    detached: (text, name, ...more) => made(text, [...more, '--local-user', `${name}@example.com`, '--detach-sign']),
    async fingerprint(name) {
      const listed = await gpg('--with-colons', '--list-keys', `${name}@example.com`);
      return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
    },
    async close() {
      // Its agent would outlive the tests.
      await run(commandPath('gpgconf'), ['--homedir', dir, '--kill', 'all'], {});
    },
  };
}
