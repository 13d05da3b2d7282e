const blockBytes = 512;

/** Builds a POSIX ustar archive of plain files. A path must not exceed 100 bytes. */
export function buildTar(files: readonly (readonly [path: string, text: string])[]): Buffer {
  const blocks = files.flatMap(([path, text]) => {
    const data = Buffer.from(text);
    return [header(path, data.length), data, Buffer.alloc(-data.length & (blockBytes - 1))];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function header(path: string, bytes: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  block.write(path, 0, 100);
  block.write('0000644\0', 100);
  for (const at of [108, 116]) block.write('0000000\0', at);
  block.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`${'0'.repeat(11)}\0`, 136);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  // The checksum is computed over a header whose checksum field contains spaces.
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
