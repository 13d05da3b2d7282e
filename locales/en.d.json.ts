import type { Places } from './texts.d.ts';

/** The texts in English, as zh.json has them in Chinese. */
declare const texts: { readonly [Key in keyof Places]: string };
export = texts;
