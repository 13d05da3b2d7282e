import { advised } from './en/advised.ts';
import { alerts } from './en/alerts.ts';
import { answers } from './en/answers.ts';
import { cards } from './en/cards.ts';
import { doctor } from './en/doctor.ts';
import { expected } from './en/expected.ts';
import { facts } from './en/facts.ts';
import { found } from './en/found.ts';
import { ground } from './en/ground.ts';
import { help } from './en/help.ts';
import { history } from './en/history.ts';
import { layers } from './en/layers.ts';
import { notes } from './en/notes.ts';
import { operate } from './en/operate.ts';
import { page } from './en/page.ts';
import { pageWords } from './en/page-words.ts';
import { play } from './en/play.ts';
import { probe } from './en/probe.ts';
import { problems } from './en/problems.ts';
import { program } from './en/program.ts';
import { rank } from './en/rank.ts';
import { standing } from './en/standing.ts';
import { told } from './en/told.ts';
import { traps } from './en/traps.ts';
import { units } from './en/units.ts';
import { walk } from './en/walk.ts';
import { whatif } from './en/whatif.ts';
import { wrong } from './en/wrong.ts';

/** Every text that a person reads, by key, an area a file; `{name}` is filled in. The keys are those of every language. */
export const en = {
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
} as const;
