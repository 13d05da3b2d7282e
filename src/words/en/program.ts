/** The frame of every call: wrong usage, help, what answers in a daemon's place. */
export const program = {
  'program.wrong': 'mirrorwatch: {text}',
  'program.wrongOf': 'mirrorwatch {command}: {text}',
  'program.usage': 'usage: {usage}',
  'program.unknown': "mirrorwatch: unknown command '{name}'",
} as const;
