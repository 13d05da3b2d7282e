import type { Places } from './texts.d.ts';

/** The keys are those of every language. */
declare const texts: { readonly [Key in keyof Places]: string };
export = texts;
