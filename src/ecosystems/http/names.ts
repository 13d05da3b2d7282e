import type { z } from 'zod';
import { error, ok } from '../../core/result.ts';
import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { fileEntry, readExpect } from './expect.ts';
import { filePathExpected, isFilePath } from './format.ts';

/** Files are named by their paths below each mirror; they have no versions, and no upstream is public. */
export const httpNames: Names = {
  describes: 'Files, by path. The first one of an upstream is the canary of its mirrors.',
  entry: { describes: 'A path below the base URL of each mirror.', expected: phrase('expected.filePath') },
  parse: (text) => (isFilePath(text) ? ok({ module: text, version: null }) : error(filePathExpected)),
  form: {
    schema: fileEntry,
    read(value, files) {
      const { upstream, path, expect } = value as z.output<typeof fileEntry>;
      return {
        module: path,
        version: null,
        ...(upstream === undefined ? {} : { upstream }),
        ...(expect === undefined
          ? {}
          : { expect: readExpect(expect, (name) => files.keyring(['expect', 'signedBy'], name)) }),
      };
    },
  },
  byHand: (text) => ({ module: text.replace(/^\/+/, ''), version: null }),
  newest: null,
  isFixed: () => false,
  example: null,
  private: null,
};
