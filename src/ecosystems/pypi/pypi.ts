import { type Ecosystem, heavy, kilobytes, light } from '../ecosystem.ts';
import type { PypiOwn } from './context.ts';
import { publicPypi, pypiContext, pypiLearning } from './knowledge.ts';
import { pypiLocks } from './locks.ts';
import { pypiManual } from './manual.ts';
import { pypiNames } from './names.ts';
import { pip } from './pip.ts';
import { pipRun, uvRun } from './run.ts';
import { uv } from './uv.ts';

const pageBytes = kilobytes(20);
/** The page says where the file lies. */
const usualAside = () => ({ asks: 1, bytes: pageBytes });
const byHash = 'a lock file, the public index or the page itself';

/** Simple indexes of Python packages, asked as pip asks them. */
export const pypi: Ecosystem<unknown, PypiOwn> = {
  id: 'pypi',
  publicUpstream: publicPypi,
  spec: [
    'https://packaging.python.org/en/latest/specifications/simple-repository-api/',
    'https://peps.python.org/pep-0503/',
    'https://peps.python.org/pep-0691/',
    'https://peps.python.org/pep-0658/',
    'https://peps.python.org/pep-0714/',
  ],
  // Paces by protocols.md 3.8 and 7. The page is the canary: without it no client gets anything, and it is one ask.
  steps: {
    index: light(null, { grain: 'module', usualBytes: pageBytes }),
    wheelmeta: light(15, { grain: 'version', usualBytes: kilobytes(10), verifies: byHash, usualAside }),
    file: heavy({ grain: 'version', verifies: byHash, usualAside }),
    simplehtml: light(60, { grain: 'module', usualBytes: pageBytes }),
  },
  canary: 'index',
  fetch: ['index', 'wheelmeta', 'file'],
  names: pypiNames,
  locks: pypiLocks,
  settings: null,
  mirrorKeys: null,
  clients: [pip, uv],
  realClients: [pipRun, uvRun],
  context: pypiContext,
  learning: pypiLearning,
  prober: () => import('./conversation.ts'),
  demo: () => import('./demo.ts').then(({ demo }) => demo),
  manual: pypiManual,
};
