import { cards } from './en/cards.ts';
import { doctor } from './en/doctor.ts';
import { help } from './en/help.ts';
import { layers } from './en/layers.ts';
import { program } from './en/program.ts';
import { told } from './en/told.ts';
import { traps } from './en/traps.ts';
import { wrong } from './en/wrong.ts';

/** Every text that a person reads, by key, an area a file; `{name}` is filled in. The keys are those of every language. */
export const en = { ...cards, ...doctor, ...help, ...layers, ...program, ...told, ...traps, ...wrong } as const;
