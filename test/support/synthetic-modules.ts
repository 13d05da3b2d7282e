import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Answer, text } from './answer.ts';

/** One version of a made-up module. */
export interface SyntheticVersion {
  readonly version: string;
  /** RFC 3339. */
  readonly time: string;
  /** The text of its go.mod, final LF included. */
  readonly goMod: string;
  /** Further files by path inside the module; go.mod is added. */
  readonly files: Readonly<Record<string, string>>;
}

/** A made-up module. */
export interface SyntheticModule {
  readonly path: string;
  /** In the order of publication. Pseudo-versions are served but not listed. */
  readonly versions: readonly SyntheticVersion[];
}

const plain = (path: string, version: string, time: string, requires = ''): SyntheticVersion => {
  const name =
    path
      .replace(/\/v\d+$/, '')
      .split('/')
      .pop() ?? 'x';
  return {
    version,
    time,
    goMod: `module ${path}\n\ngo 1.21\n${requires}`,
    files: {
      LICENSE: 'MIT\n',
      [`${name.toLowerCase()}.go`]: `package ${name.toLowerCase()}\n\n// Version is ${version}.\nconst Version = "${version}"\n`,
    },
  };
};

/**
 * The set fake mirrors serve by default: `example.com/hello@v1.0.0` has the files and hash of the fact sheet, 1.9; then
 * several tags with a pre-release on top, capitals in the path and in a version, a `/v2` path with a requirement, and a
 * module without tags, whose latest is a pseudo-version.
 */
export const syntheticModules: readonly SyntheticModule[] = [
  {
    path: 'example.com/hello',
    versions: [
      {
        version: 'v1.0.0',
        time: '2024-01-02T03:04:05Z',
        goMod: 'module example.com/hello\n\ngo 1.21\n',
        files: { LICENSE: 'MIT\n', 'hello.go': 'package hello\n', 'sub/a.go': 'package sub\n' },
      },
    ],
  },
  {
    path: 'example.com/tags',
    versions: [
      plain('example.com/tags', 'v1.0.0', '2024-02-01T00:00:00Z'),
      plain('example.com/tags', 'v1.1.0', '2024-03-01T00:00:00Z'),
      plain('example.com/tags', 'v1.2.0-RC1', '2024-04-01T00:00:00Z'),
    ],
  },
  {
    path: 'example.com/Upper/CaseModule',
    versions: [plain('example.com/Upper/CaseModule', 'v0.3.1', '2024-05-01T00:00:00Z')],
  },
  {
    path: 'example.com/major/v2',
    versions: [plain('example.com/major/v2', 'v2.4.0', '2024-06-01T00:00:00Z', '\nrequire example.com/hello v1.0.0\n')],
  },
  {
    path: 'example.com/untagged',
    versions: [plain('example.com/untagged', 'v0.0.0-20240701000000-0123456789ab', '2024-07-01T00:00:00Z')],
  },
];

/** A module path or version as it stands in a URL: `!` and a small letter for each capital (fact sheet, 1.2). */
export function escapeCapitals(plainText: string): string {
  return plainText.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

const isPseudo = (version: string): boolean => /\d{14}-[0-9a-f]{12}$/.test(version);

/** The pairs of name and content in a module's zip, go.mod included. */
function zipEntries(module: SyntheticModule, version: SyntheticVersion): ReadonlyMap<string, Buffer> {
  const files = { 'go.mod': version.goMod, ...version.files };
  return new Map(
    Object.entries(files).map(([name, content]) => [`${module.path}@${version.version}/${name}`, Buffer.from(content)]),
  );
}

/** A zip archive of stored entries (PKWARE APPNOTE 4.3), the same bytes each time. */
export function makeZip(entries: ReadonlyMap<string, Buffer>): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of entries) {
    const nameBytes = Buffer.from(name);
    const common = Buffer.alloc(26);
    // Version needed 2.0, UTF-8 names, stored, 1980-01-01 00:00.
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x0800, 2);
    common.writeUInt16LE(0x0021, 8);
    common.writeUInt32LE(crc32(content), 10);
    common.writeUInt32LE(content.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(nameBytes.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    locals.push(Buffer.from('PK\x03\x04'), common, nameBytes, content);
    central.push(Buffer.from('PK\x01\x02'), Buffer.from([20, 0]), common, tail, nameBytes);
    offset += 4 + common.length + nameBytes.length + content.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.size, 8);
  end.writeUInt16LE(entries.size, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** `h1:` of named contents (fact sheet, 1.9), written apart from the product's so that each checks the other. */
export function h1(entries: ReadonlyMap<string, Buffer>): string {
  const names = [...entries.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const total = createHash('sha256');
  for (const name of names) {
    const content = entries.get(name) ?? Buffer.alloc(0);
    total.update(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
  }
  return `h1:${total.digest('base64')}`;
}

/** The two lines of go.sum for one version, LF-ended: what a checksum database records. */
export function goSumLines(module: SyntheticModule, version: SyntheticVersion): string {
  const goMod = h1(new Map([['go.mod', Buffer.from(version.goMod)]]));
  const id = `${module.path} ${version.version}`;
  return `${id} ${h1(zipEntries(module, version))}\n${id}/go.mod ${goMod}\n`;
}

function latestOf(module: SyntheticModule): SyntheticVersion | undefined {
  const released = module.versions.filter(({ version }) => !/-/.test(version));
  return (released.length > 0 ? released : module.versions).at(-1);
}

const info = ({ version, time }: SyntheticVersion): Answer =>
  text(200, JSON.stringify({ Version: version, Time: time }), { 'content-type': 'application/json' });

/** Every good answer of a Go mirror that has these modules, by decoded path (`/example.com/hello/@v/list`). */
export function moduleAnswers(modules: readonly SyntheticModule[]): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const module of modules) {
    const base = `/${escapeCapitals(module.path)}`;
    const listed = module.versions.filter(({ version }) => !isPseudo(version));
    answers.set(`${base}/@v/list`, text(200, listed.map(({ version }) => `${version}\n`).join('')));
    const latest = latestOf(module);
    if (latest !== undefined) answers.set(`${base}/@latest`, info(latest));
    for (const version of module.versions) {
      const stem = `${base}/@v/${escapeCapitals(version.version)}`;
      const zip = makeZip(zipEntries(module, version));
      answers.set(`${stem}.info`, info(version));
      answers.set(`${stem}.mod`, text(200, version.goMod));
      answers.set(`${stem}.zip`, { status: 200, headers: { 'content-type': 'application/zip' }, body: zip });
    }
  }
  return answers;
}
