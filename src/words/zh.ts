import type { Key } from './say.ts';
import { advised } from './zh/advised.ts';
import { alerts } from './zh/alerts.ts';
import { answers } from './zh/answers.ts';
import { cards } from './zh/cards.ts';
import { doctor } from './zh/doctor.ts';
import { expected } from './zh/expected.ts';
import { facts } from './zh/facts.ts';
import { found } from './zh/found.ts';
import { ground } from './zh/ground.ts';
import { help } from './zh/help.ts';
import { history } from './zh/history.ts';
import { layers } from './zh/layers.ts';
import { notes } from './zh/notes.ts';
import { operate } from './zh/operate.ts';
import { page } from './zh/page.ts';
import { pageWords } from './zh/page-words.ts';
import { play } from './zh/play.ts';
import { probe } from './zh/probe.ts';
import { problems } from './zh/problems.ts';
import { program } from './zh/program.ts';
import { rank } from './zh/rank.ts';
import { standing } from './zh/standing.ts';
import { told } from './zh/told.ts';
import { traps } from './zh/traps.ts';
import { units } from './zh/units.ts';
import { walk } from './zh/walk.ts';
import { whatif } from './zh/whatif.ts';
import { wrong } from './zh/wrong.ts';

/** Simplified Chinese. */
export const zh: Readonly<Record<Key, string>> = {
  ...advised,
  ...alerts,
  ...answers,
  ...cards,
  ...doctor,
  ...expected,
  ...facts,
  ...found,
  ...ground,
  ...help,
  ...history,
  ...layers,
  ...notes,
  ...operate,
  ...pageWords,
  ...page,
  ...play,
  ...probe,
  ...problems,
  ...program,
  ...rank,
  ...standing,
  ...told,
  ...traps,
  ...units,
  ...walk,
  ...whatif,
  ...wrong,
};
