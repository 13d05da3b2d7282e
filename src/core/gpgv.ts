/** Paths of the program that verifies OpenPGP signatures, in this order; `PATH` is not used. */
export const gpgvPaths = ['/usr/bin/gpgv', '/bin/gpgv', '/usr/local/bin/gpgv', '/opt/homebrew/bin/gpgv'] as const;
