import { createSocket } from 'node:dgram';

/** What the server says about one name. */
export interface DnsRecord {
  /** IPv4 addresses, in this order. Absent or empty, with `rcode` 0: an empty answer. */
  readonly a?: readonly string[];
  /** IPv6 addresses, in full form or with `::`. */
  readonly aaaa?: readonly string[];
  readonly cname?: string;
  /** 0 NOERROR, 1 FORMERR, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED. Default 0. */
  readonly rcode?: number;
  /** Answered only after this time. Default 0. */
  readonly delayMs?: number;
  /** Never answered. */
  readonly silent?: boolean;
  /** Seconds. Default 0. */
  readonly ttl?: number;
  /** Bytes that are no DNS message. */
  readonly garbage?: boolean;
}

/** One question as it arrived. */
export type DnsQuestion = { readonly name: string; readonly type: 'A' | 'AAAA' | 'other' };

/** A resolver in this process. */
export interface DnsServer {
  readonly host: string;
  readonly port: number;
  /** `127.0.0.1:port`, as `resolve.server` and `dns.setServers` take it. */
  readonly address: string;
  readonly questions: readonly DnsQuestion[];
  /**
   * Sets what is said about a name (lower case, without final dot). Several records are given in turn, one a question
   * of either type, then the last for ever: the first for the check, the second for the connect, that is rebinding.
   */
  readonly setName: (name: string, ...records: readonly DnsRecord[]) => void;
  /** What is said about all other names. Default: NXDOMAIN. */
  readonly setDefault: (record: DnsRecord) => void;
  readonly close: () => Promise<void>;
}

const typeNames: Readonly<Record<number, DnsQuestion['type']>> = { 1: 'A', 28: 'AAAA' };

/** RFC 1035, 4.1.2: the single question of a query, and where it ends. */
function readQuestion(message: Buffer): { question: DnsQuestion; end: number; typeCode: number } | null {
  const labels: string[] = [];
  let at = 12;
  while (at < message.length) {
    const length = message[at] ?? 0;
    at += 1;
    if (length === 0) break;
    labels.push(message.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > message.length) return null;
  const typeCode = message.readUInt16BE(at);
  const name = labels.join('.').toLowerCase();
  return { question: { name, type: typeNames[typeCode] ?? 'other' }, end: at + 4, typeCode };
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([
    ...labels.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')])),
    Buffer.from([0]),
  ]);
}

function encodeV6(address: string): Buffer {
  const [left = '', right] = address.split('::');
  const groups = (part: string): string[] => part.split(':').filter((group) => group !== '');
  const [before, after] = [groups(left), groups(right ?? '')];
  const zeros = new Array<string>(right === undefined ? 0 : 8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function resourceRecord(name: string, type: number, ttl: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), fixed, data]);
}

function reply(query: Buffer, end: number, question: DnsQuestion, record: DnsRecord): Buffer {
  const ttl = record.ttl ?? 0;
  const owner = record.cname ?? question.name;
  const addresses =
    question.type === 'A'
      ? (record.a ?? []).map((text) => resourceRecord(owner, 1, ttl, Buffer.from(text.split('.').map(Number))))
      : question.type === 'AAAA'
        ? (record.aaaa ?? []).map((text) => resourceRecord(owner, 28, ttl, encodeV6(text)))
        : [];
  const alias = record.cname === undefined ? [] : [resourceRecord(question.name, 5, ttl, encodeName(record.cname))];
  const answers = [...alias, ...addresses];
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  // QR, RD as asked, RA; then the code.
  head[2] = 0x80 | ((query[2] ?? 0) & 0x01);
  head[3] = 0x80 | (record.rcode ?? 0);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...answers]);
}

/** Starts a DNS server over UDP that is slow, silent, empty or lying as told, on a free port of 127.0.0.1. */
export async function startDnsServer(host = '127.0.0.1'): Promise<DnsServer> {
  const names = new Map<string, readonly DnsRecord[]>();
  const questions: DnsQuestion[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let fallback: DnsRecord = { rcode: 3 };
  const recordFor = (name: string): DnsRecord => {
    const [first, ...rest] = names.get(name) ?? [];
    if (rest.length > 0) names.set(name, rest);
    return first ?? fallback;
  };
  const socket = createSocket('udp4');
  socket.on('message', (query, from) => {
    const read = readQuestion(query);
    if (read === null) return;
    questions.push(read.question);
    const record = recordFor(read.question.name);
    if (record.silent === true) return;
    const bytes =
      record.garbage === true ? Buffer.from('no dns at all') : reply(query, read.end, read.question, record);
    const timer = setTimeout(() => {
      timers.delete(timer);
      socket.send(bytes, from.port, from.address);
    }, record.delayMs ?? 0);
    timers.add(timer);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, resolve);
  });
  const { port } = socket.address();
  return {
    host,
    port,
    address: `${host}:${port}`,
    questions,
    setName: (name, ...records) => names.set(name.toLowerCase(), records),
    setDefault: (record) => {
      fallback = record;
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      return new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}
