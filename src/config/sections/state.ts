import { dirname } from 'node:path';
import type { z } from 'zod';
import type { Config } from '../../core/config.ts';
import { phrase } from '../../words/tell.ts';
import { durationField, file, mapping } from '../fields.ts';
import type { Reading } from '../reading.ts';

export const stateKey = mapping({
  path: file('Path of the state file (SQLite), readable for its owner only. A change needs a restart.').prefault(
    './data/mirrorwatch.db',
  ),
  keep: durationField('How long stored probes and history are kept.', {
    min: 3_600_000,
    max: 3650 * 86_400_000,
  }).prefault('30d'),
})
  .meta({ description: 'The state file.' })
  .prefault({});

/** Reads `state`. A missing folder is no mistake: it is created at start. */
export function readState({ path, keep }: z.output<typeof stateKey>, reading: Reading): Config['state'] {
  const at = ['state', 'path'];
  const absolute = reading.resolve(path);
  if (path.endsWith('/') || reading.kind(absolute) === 'folder')
    reading.error(at, phrase('expected.pathFolder'), { usual: path });
  else if (reading.kind(dirname(absolute)) === 'file_or_below_file')
    reading.error(at, phrase('expected.pathIn'), { usual: path });
  // Only a warning, because 1.0 accepts this path too, as the name of a file.
  else if (path === ':memory:') reading.warning(at, phrase('expected.pathMemory'));
  return { path: absolute, keepMs: keep };
}
