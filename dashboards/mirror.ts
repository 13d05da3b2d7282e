import { built } from './board.ts';
import { clientSection } from './clients.ts';
import { freshness } from './lag.ts';
import { answers, goods } from './mirror-answers.ts';
import { timeSpent } from './mirror-time.ts';
import { selector } from './promql.ts';
import {
  connection,
  daemonUrl,
  datasource,
  ecosystem,
  module,
  registry,
  step,
  vantage,
  version,
  window,
} from './variables.ts';

const select = selector(['vantage', 'ecosystem', 'registry', 'module', 'version']);

/** One mirror, or a few side by side: does it respond, where does the time go, is it slow, what does it serve. */
export const mirror = built({
  board: 'mirror',
  title: 'mirrorwatch / Mirror detail',
  says: 'One mirror, or a few side by side: whether it responds, where the time goes, whether it is slow, and whether its content is correct and fresh.',
  from: 'now-6h',
  variables: [datasource, vantage, ecosystem, registry, module, version, step, connection, window, daemonUrl],
  select,
  sections: [
    { id: 0, title: '', panels: [...answers(select)] },
    { id: 102, title: 'Is it slow, and where does the time go', panels: [...timeSpent(select)] },
    { id: 104, title: 'Certificate, bytes and contents', panels: [...goods(select)] },
    { id: 105, title: 'How fresh it is', panels: [...freshness()], collapsed: true },
    clientSection(),
  ],
});
