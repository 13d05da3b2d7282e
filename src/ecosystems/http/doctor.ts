import { maskUrl } from '../../core/secret.ts';
import type { Machine, Place, Trap } from '../../core/trap.ts';
import type { Say } from '../../words/words.ts';
import type { Doctor, KnownTraps } from '../doctor.ts';
import { type AptFound, type AptSource, findApt } from './apt-settings.ts';

/** Traps of apt's settings. */
const aptKinds = {
  'apt-unverified': { severity: 'error', isFixable: false },
  'apt-key-missing': { severity: 'error', isFixable: false },
  'apt-key-unnamed': { severity: 'note', isFixable: false },
  'apt-list-missing': { severity: 'error', isFixable: false },
  'apt-secret-in-source': { severity: 'warning', isFixable: false },
  'apt-auth-readable': { severity: 'error', isFixable: false },
  'apt-proxy-differs': { severity: 'warning', isFixable: false },
} as const satisfies KnownTraps;

/** Traps in apt's settings on this machine. Its lines are set by the profile's remedy only. */
export const doctor: Doctor = {
  kinds: aptKinds,
  examine: async ({ machine }, say) => ({ traps: await aptTraps(machine, say), untold: [] }),
  today: async () => ({ chain: null, privatePatterns: [] }),
  settle: async () => null,
  isUsualLock: () => false,
};

type AptTrap = Trap & { readonly id: keyof typeof aptKinds };

/** Finds the traps in apt's settings. */
async function aptTraps(machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const found = await findApt(machine);
  const traps: AptTrap[] = [];
  for (const source of found.sources) {
    traps.push(...sourceTraps(source, say), ...(await keyTraps(source, machine, say)));
    traps.push(...(await listTraps(source, machine, say)));
  }
  return [...traps, ...passwordTraps(found, say), ...proxyTraps(found, machine, say)];
}

function trapAt(id: AptTrap['id'], what: string, where: readonly Place[], set: string): AptTrap {
  return { id, what, where, set: [set], edits: [] };
}

function shown({ uris }: AptSource): string {
  return uris.map(maskUrl).join(' ');
}

function sourceTraps(source: AptSource, say: Say): readonly AptTrap[] {
  const { uris, isTrusted, signedBy, file, line } = source;
  const where = [{ file, line }];
  const uri = shown(source);
  const traps: AptTrap[] = [];
  if (isTrusted)
    traps.push(
      trapAt('apt-unverified', say('trap.apt-unverified.what', { uri }), where, say('trap.apt-unverified.set')),
    );
  else if (signedBy === null)
    traps.push(
      trapAt('apt-key-unnamed', say('trap.apt-key-unnamed.what', { uri }), where, say('trap.apt-key-unnamed.set')),
    );
  if (uris.some((one) => URL.canParse(one) && new URL(one).password !== ''))
    traps.push(
      trapAt(
        'apt-secret-in-source',
        say('trap.apt-secret-in-source.what', { uri }),
        where,
        say('trap.apt-secret-in-source.set'),
      ),
    );
  return traps;
}

async function keyTraps(source: AptSource, machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const traps: AptTrap[] = [];
  for (const key of source.signedBy ?? []) {
    if (!key.startsWith('/')) continue;
    const read = await machine.read(machine.system(key));
    if (read.tag === 'error' && read.code === 'ENOENT')
      traps.push(
        trapAt(
          'apt-key-missing',
          say('trap.apt-key-missing.what', { uri: shown(source), key }),
          [{ file: source.file, line: source.line }],
          say('trap.apt-key-missing.set', { key }),
        ),
      );
  }
  return traps;
}

/** A mirror list in a file of this machine: without a URL in it apt has no mirror. */
async function listTraps({ uris, file, line }: AptSource, machine: Machine, say: Say): Promise<readonly AptTrap[]> {
  const traps: AptTrap[] = [];
  for (const uri of uris) {
    const [, list] = /^mirror\+file:(\/.*)$/.exec(uri) ?? [];
    if (list === undefined) continue;
    const path = list.replace(/^\/+/, '/');
    const read = await machine.read(machine.system(path));
    if (read.tag === 'ok' && /^\s*(?:https?|file):/m.test(read.text)) continue;
    traps.push(
      trapAt(
        'apt-list-missing',
        say('trap.apt-list-missing.what', { list: path }),
        [{ file, line }],
        say('trap.apt-list-missing.set', { list: path }),
      ),
    );
  }
  return traps;
}

const othersRead = 0o004;

function passwordTraps({ passwords }: AptFound, say: Say): readonly AptTrap[] {
  return passwords.flatMap(({ file, mode }) =>
    mode === null || (mode & othersRead) === 0
      ? []
      : [
          trapAt(
            'apt-auth-readable',
            say('trap.apt-auth-readable.what', { mode: (mode & 0o777).toString(8) }),
            [{ file, line: null }],
            `chmod o-r ${file}`,
          ),
        ],
  );
}

/** apt's own proxy overrides the variable, and the later of two files counts. */
function proxyTraps({ proxies }: AptFound, { env }: Machine, say: Say): readonly AptTrap[] {
  return ['http', 'https'].flatMap((scheme): AptTrap[] => {
    const own = proxies.filter((one) => one.scheme === scheme);
    const last = own.at(-1);
    if (last === undefined) return [];
    const variable = `${scheme}_proxy`;
    const above = env[variable] ?? '';
    const others = own.slice(0, -1).filter(({ value }) => plain(value) !== plain(last.value));
    const isOther = above !== '' && plain(above) !== plain(last.value);
    if (others.length === 0 && !isOther) return [];
    const listed = [...others.map(({ value }) => maskUrl(value)), ...(isOther ? [maskUrl(above)] : [])];
    return [
      trapAt(
        'apt-proxy-differs',
        say('trap.apt-proxy-differs.what', { value: maskUrl(last.value), others: listed.join(say('list.and')) }),
        [
          { file: last.file, line: last.line },
          ...others.map(({ file, line }) => ({ file, line })),
          ...(isOther ? [{ variable }] : []),
        ],
        say('trap.apt-proxy-differs.set', { scheme }),
      ),
    ];
  });
}

function plain(url: string): string {
  return url.replace(/\/+$/, '');
}
