/**
 * The meaning of the exit codes 0 and 1 of each command. For every command, 2 means wrong usage or a wrong
 * configuration.
 */
export const exits: Readonly<Record<string, readonly [fine: string, trouble: string]>> = {
  init: [
    'the file was written',
    'nothing was written: the file exists already, the prompt was not confirmed, nothing to monitor was found, or the write failed',
  ],
  run: [
    'the daemon was stopped on request',
    'the daemon did not start: the port or the state file is in use, or cannot be used',
  ],
  check: ['the configuration is valid; warnings are printed', 'never'],
  probe: ['the probe succeeded', 'the probe failed, or the result is unknown'],
  rank: ['a line to set was printed, or the current line is the best', 'no mirror is usable'],
  advice: [
    'no setting needs to be changed, or the requested change was made; with `--export`: the lines to set were printed, also those stored by `--fallback`',
    'without `--export`: advice is pending; always: the daemon cannot be reached or sends no usable response and no valid line is stored, or `--apply` was not confirmed or failed',
  ],
  actions: [
    'the actions were listed, stopped or resumed, or an undo was requested',
    'the daemon refused the request, or cannot be reached',
  ],
  doctor: ['no trap was found, or only notes', 'a trap was found, or a check could not be completed'],
  explain: [
    'the text contains a known error',
    'the text contains no known error, or the daemon that an option names cannot be reached',
  ],
  undo: [
    'the change was undone, or the changes were listed',
    'a file was modified after the change, or there is nothing to undo (with `--all` that is 0); with `--all` also: a client setting still names the front door, or a saved change cannot be read',
  ],
  replay: ['the replay is done', 'there is no history, or the state file cannot be read'],
  ack: ['the finding is acknowledged', 'the daemon refused the request, or cannot be reached'],
  webhook: ['the test message was delivered, or the cards were printed', 'the test message was not delivered'],
  pause: ['the mirror is paused or resumed', 'the daemon refused the request, or cannot be reached'],
  health: [
    'the daemon is healthy; with `--ready`: it is ready',
    'the daemon is not healthy (with `--ready`: not ready), or does not respond',
  ],
  fleet: [
    'every mirror is up from every place, and no place has a problem; with --listen: stopped on request',
    'a mirror or a place has a problem, the store sends a partial response, or the store does not respond',
  ],
  door: [
    'the door was stopped on request; with `--lines` or `--print`: the output was printed or written',
    'the door did not start: the port is in use or cannot be used; with `--print`: nothing can be printed, or a file cannot be written',
  ],
  rules: ['the rules were printed', 'never'],
  demo: [
    'the scenario ended, or the demo was stopped',
    'stopped with `--once` before the scenario ended, or it did not start',
  ],
  completion: ['the script was printed', 'never'],
};
