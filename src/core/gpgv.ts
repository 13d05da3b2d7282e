/** Where the program that verifies OpenPGP signatures is looked for, in this order: no `PATH` of ours decides. */
export const gpgvPaths = ['/usr/bin/gpgv', '/bin/gpgv', '/usr/local/bin/gpgv', '/opt/homebrew/bin/gpgv'] as const;
