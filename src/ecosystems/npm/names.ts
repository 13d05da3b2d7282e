import { phrase } from '../../words/tell.ts';
import type { Names } from '../names.ts';
import { isExact, parsePackage, splitPackage } from './package-name.ts';
import { isNpmPattern, matchesNpmPatterns } from './patterns.ts';

/** How npm's packages and private names are written. */
export const npmNames: Names = {
  describes: 'npm packages. The first one with a fixed version is the canary: choose one with a small packument.',
  entry: { describes: 'A package and its version.', expected: phrase('expected.word', { word: 'name@version' }) },
  parse: parsePackage,
  byHand: splitPackage,
  newest: 'latest',
  isFixed: (version) => version !== null && isExact(version),
  example: 'left-pad@1.3.0',
  private: {
    describes:
      'Scopes, and names with `*` for any characters but the slash. Matching packages are asked only of mirrors of a named upstream other than `npm`.',
    expected: phrase('expected.npmPattern'),
    list: phrase('expected.listScopes'),
    isPattern: isNpmPattern,
    matches: matchesNpmPatterns,
  },
};
