import { parse, TomlError, type TomlTable } from 'smol-toml';
import { error, ok, type Result } from '../../core/result.ts';

/** A lock file's are three deep. */
const depthMax = 50;

/**
 * Reads TOML; its tables have no prototype. An integer that a double cannot hold is an error: as a bigint of millions of
 * digits it would hold up the thread for seconds.
 * @returns the number of the line that could not be read
 */
export function parseToml(text: string): Result<TomlTable, number> {
  try {
    return ok(parse(text, { maxDepth: depthMax }));
  } catch (thrown) {
    if (thrown instanceof TomlError) return error(thrown.line);
    throw thrown;
  }
}
