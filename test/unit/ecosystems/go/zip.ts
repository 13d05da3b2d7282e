import { crc32, deflateRawSync } from 'node:zlib';

/** One entry of a made zip; what is odd about it is said, all else is as it should be. */
export interface MadeEntry {
  readonly name: string;
  readonly content?: string | Buffer;
  readonly method?: 0 | 8 | 12;
  readonly flags?: number;
  readonly crc?: number;
  /** The declared plain size where it is not the true one. */
  readonly plainBytes?: number;
  readonly zip64?: boolean;
  /** The packed bytes where they are not the content's own. */
  readonly packed?: Buffer;
  /** The place that the directory names where it is not the true one. */
  readonly at?: number;
}

export interface MadeZip {
  /** Only the first entry is there; the directory names all of them. */
  readonly once?: boolean;
  readonly zip64?: boolean;
  readonly comment?: string;
  /** The declared count where it is not the true one. */
  readonly count?: number;
}

const ones = 0xffffffff;

/** A zip of these entries, in this order. */
export function makeZip(entries: readonly MadeEntry[], options: MadeZip = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const { local, central } = makeEntry(entry, at);
    centrals.push(central);
    if (options.once === true && locals.length > 0) continue;
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(centrals);
  const count = options.count ?? entries.length;
  return Buffer.concat([...locals, directory, makeEnd(directory.length, at, count, options)]);
}

function makeEntry(entry: MadeEntry, trueAt: number): { local: Buffer; central: Buffer } {
  const at = entry.at ?? trueAt;
  const plain = Buffer.from(entry.content ?? '');
  const name = Buffer.from(entry.name);
  const method = entry.method ?? 8;
  const packed = entry.packed ?? (method === 8 ? deflateRawSync(plain) : plain);
  const sizes = { crc: entry.crc ?? crc32(plain), packed: packed.length, plain: entry.plainBytes ?? plain.length };
  const wide = Buffer.alloc(28);
  wide.writeUInt16LE(1, 0);
  wide.writeUInt16LE(24, 2);
  wide.writeBigUInt64LE(BigInt(sizes.plain), 4);
  wide.writeBigUInt64LE(BigInt(sizes.packed), 12);
  wide.writeBigUInt64LE(BigInt(at), 20);
  const extra = entry.zip64 === true ? wide : Buffer.alloc(0);
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(entry.flags ?? 0, 6);
  local.writeUInt16LE(method, 8);
  local.writeUInt16LE(name.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  central.writeUInt16LE(entry.flags ?? 0, 8);
  central.writeUInt16LE(method, 10);
  central.writeUInt32LE(sizes.crc, 16);
  central.writeUInt32LE(entry.zip64 === true ? ones : sizes.packed, 20);
  central.writeUInt32LE(entry.zip64 === true ? ones : sizes.plain, 24);
  central.writeUInt16LE(name.length, 28);
  central.writeUInt16LE(extra.length, 30);
  central.writeUInt32LE(entry.zip64 === true ? ones : at, 42);
  return { local: Buffer.concat([local, name, packed]), central: Buffer.concat([central, name, extra]) };
}

function makeEnd(bytes: number, at: number, count: number, { zip64, comment = '' }: MadeZip): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(zip64 === true ? 0xffff : count, 8);
  end.writeUInt16LE(zip64 === true ? 0xffff : count, 10);
  end.writeUInt32LE(zip64 === true ? ones : bytes, 12);
  end.writeUInt32LE(zip64 === true ? ones : at, 16);
  end.writeUInt16LE(comment.length, 20);
  const tail = Buffer.concat([end, Buffer.from(comment)]);
  if (zip64 !== true) return tail;
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(bytes), 40);
  record.writeBigUInt64LE(BigInt(at), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(at + bytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator, tail]);
}

/** The synthetic module of docs/protocols/go.md#the-hash-h1. */
export const hello = {
  prefix: 'example.com/hello@v1.0.0/',
  entries: [
    { name: 'example.com/hello@v1.0.0/LICENSE', content: 'MIT\n' },
    { name: 'example.com/hello@v1.0.0/go.mod', content: 'module example.com/hello\n\ngo 1.21\n' },
    { name: 'example.com/hello@v1.0.0/hello.go', content: 'package hello\n' },
    { name: 'example.com/hello@v1.0.0/sub/a.go', content: 'package sub\n' },
  ],
  h1: 'h1:jt2NgtYnh3F8L34M4WvDCVmpFaNqNWwZYofpnaS9ePc=',
  mod: 'module example.com/hello\n\ngo 1.21\n',
  modH1: 'h1:NnGvEkTHyKKlgPcQSue0skqyqiS1EfBSAh+0WaWZYmE=',
} as const;
