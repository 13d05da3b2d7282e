import { text } from '../../test/support/answer.ts';
import { startFakeMirror } from '../../test/support/fake-mirror.ts';
import { type Fault, faultRows } from '../../test/support/faults.ts';
import { hollowPackage, startNpmRegistry } from '../../test/support/npm-registry.ts';
import { makeOciImage } from '../../test/support/oci-image.ts';
import { startOciScripted } from '../../test/support/oci-scripted.ts';
import { startPypiIndex, tinyWheel } from '../../test/support/pypi-index.ts';
import { type RawServer, startRawServer } from '../../test/support/raw-server.ts';
import type { LineTrouble } from './script.ts';

/** One mirror that can be made to fail, as the configuration has it. */
export interface SoakMirror {
  readonly name: string;
  readonly ecosystem: string;
  readonly upstream: string;
  /** With its path. */
  readonly url: string;
  /** Keys of its entry beside these. */
  readonly more: string;
}

/** All mirrors and the control, in this process. */
export interface Mirrors {
  readonly all: readonly SoakMirror[];
  readonly control: string;
  /** Entries of `modules`, by ecosystem; the last one of Go's is asked for by a variant alone. */
  readonly modules: Readonly<Record<string, readonly string[]>>;
  /** @param fault  the name of a row of `faultRows`; `null` heals */
  readonly setFault: (name: string, fault: string | null, times: number | null) => Promise<void>;
  readonly setDelay: (name: string, ms: number) => void;
  /** All of them and the control; `null`: each as it was. */
  readonly setLine: (trouble: LineTrouble | null) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface Wish {
  readonly fault: Fault;
  readonly times: number | null;
}

interface Player {
  readonly server: RawServer;
  wish: Wish | null;
}

/** A registry that is never there: what stands behind its mirrors cannot be reached from here. */
const images = '127.0.0.9';
const repository = 'team/app';
const release = '-----BEGIN PGP SIGNED MESSAGE-----\n\nSuite: stable\nDate: Sat, 11 Nov 2023 09:59:12 UTC\nSHA256:\n';

/** Starts three Go mirrors, two of each other ecosystem, and a control on loopback. */
export async function startMirrors(): Promise<Mirrors> {
  const players = new Map<string, Player>();
  const all: SoakMirror[] = [];
  const add = async (
    name: string,
    mirror: Omit<SoakMirror, 'name' | 'url'>,
    path: string,
    start: () => Promise<RawServer>,
  ): Promise<void> => {
    const server = await start();
    players.set(name, { server, wish: null });
    all.push({ name, ...mirror, url: `${server.url}${path}` });
  };
  const image = makeOciImage();
  const packages = [hollowPackage('hello', '1.0.0')];
  const wheels = [tinyWheel('tiny', '1.0')];
  const files = ({ path }: { readonly path: string }) =>
    path === '/debian/dists/stable/InRelease' ? text(200, release) : text(404, 'not found\n');
  for (const at of [1, 2, 3])
    await add(`go-${at}`, { ecosystem: 'go', upstream: 'go', more: '' }, '', () => startFakeMirror());
  for (const at of [1, 2]) {
    await add(`npm-${at}`, { ecosystem: 'npm', upstream: 'npm', more: '' }, '', () => startNpmRegistry({ packages }));
    await add(`pypi-${at}`, { ecosystem: 'pypi', upstream: 'pypi', more: '' }, '/simple', () =>
      startPypiIndex({ wheels }),
    );
    await add(`oci-${at}`, { ecosystem: 'oci', upstream: images, more: '' }, '', () =>
      startOciScripted(image, repository),
    );
    await add(`http-${at}`, { ecosystem: 'http', upstream: 'debian', more: ', profile: debian' }, '/debian', () =>
      startRawServer({ answer: files }),
    );
  }
  const control = await startRawServer({ answer: () => text(200, 'well\n') });
  const rows = new Map(faultRows.map((row) => [row.name, row.fault]));
  let line: LineTrouble | null = null;

  async function put({ server, wish }: Player): Promise<void> {
    if (line !== null) return server.setFault({ kind: line });
    await server.setFault(wish?.fault ?? null, wish?.times == null ? {} : { times: wish.times });
  }
  const playerOf = (name: string): Player => {
    const player = players.get(name);
    if (player === undefined) throw new Error(`no mirror ${name}`);
    return player;
  };
  return {
    all,
    control: control.url,
    modules: {
      go: ['example.com/hello@v1.0.0', 'example.com/hello@latest'],
      npm: ['hello@1.0.0'],
      pypi: ['tiny==1.0'],
      oci: [`${images}/${repository}@${image.listDigest}`],
      http: ['{ upstream: debian, path: dists/stable/InRelease, expect: { matches: "^Suite: stable$" } }'],
    },
    async setFault(name, fault, times) {
      const player = playerOf(name);
      const row = fault === null ? undefined : rows.get(fault);
      player.wish = row === undefined ? null : { fault: row, times };
      await put(player);
    },
    setDelay: (name, ms) => playerOf(name).server.setDelay(ms),
    async setLine(trouble) {
      line = trouble;
      await Promise.all([...players.values()].map(put));
      await control.setFault(trouble === null ? null : { kind: trouble });
    },
    close: async () => {
      await Promise.all([control, ...[...players.values()].map(({ server }) => server)].map((one) => one.close()));
    },
  };
}
