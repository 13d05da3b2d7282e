/** How the value of a field is encoded. `zigzag`: a signed integer; fields: an embedded message. */
type Kind = 'string' | 'double' | 'varint' | 'zigzag' | MessageFields;

/** The fields of a message by their names, in the order of their numbers. A list of values is a repeated field. */
export interface MessageFields {
  readonly [name: string]: readonly [id: number, kind: Kind];
}

const wireTypes = { varint: 0, zigzag: 0, double: 1, string: 2 } as const;
const double = new DataView(new ArrayBuffer(8));

/**
 * Encodes a message. MessageFields that are absent, or that `fields` does not have, are left out.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function encodeMessage(fields: MessageFields, message: object): readonly number[] {
  const bytes: number[] = [];
  for (const [name, [id, kind]] of Object.entries(fields)) {
    const value = (message as Readonly<Record<string, unknown>>)[name];
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) {
      writeVarint(bytes, id * 8 + (typeof kind === 'string' ? wireTypes[kind] : wireTypes.string));
      if (typeof kind === 'object') writeSized(bytes, encodeMessage(kind, one));
      else if (kind === 'string') writeSized(bytes, Buffer.from(one));
      else if (kind === 'double') writeDouble(bytes, one);
      else writeVarint(bytes, kind === 'zigzag' ? (one < 0 ? -2 * one - 1 : 2 * one) : one);
    }
  }
  return bytes;
}

/** Appends an integer from 0 to 2^53 - 1. */
export function writeVarint(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  bytes.push(rest);
}

function writeSized(bytes: number[], content: Iterable<number> & { readonly length: number }): void {
  writeVarint(bytes, content.length);
  for (const byte of content) bytes.push(byte);
}

function writeDouble(bytes: number[], value: number): void {
  double.setFloat64(0, value, true);
  for (let at = 0; at < 8; at += 1) bytes.push(double.getUint8(at));
}
