import type { program as english } from '../en/program.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const program: Readonly<Record<keyof typeof english, string>> = {
  'program.wrong': 'mirrorwatch：{text}',
  'program.wrongOf': 'mirrorwatch {command}：{text}',
  'program.usage': '用法：{usage}',
  'program.unknown': 'mirrorwatch：没有 “{name}” 这个命令',
};
