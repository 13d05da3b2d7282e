/**
 * What `npm test` runs beside the tests of code by itself: a short test of each kind that starts a daemon, injects a
 * fault, or needs a real server or client. `npm run test:rest` runs all the others.
 */
export const representatives: readonly string[] = [
  'test/daemon/checksum-database.test.ts',
  'test/daemon/dead-at-start.test.ts',
  'test/daemon/defects.test.ts',
  'test/daemon/edited-lock.test.ts',
  'test/daemon/failback.test.ts',
  'test/daemon/file-mirrors.test.ts',
  'test/daemon/npm-signatures.test.ts',
  'test/daemon/page.test.ts',
  'test/daemon/receiver-trouble.test.ts',
  'test/daemon/releases.test.ts',
  'test/daemon/reload-defects.test.ts',
  'test/fault/wire-faults.test.ts',
  'test/fault/wire-h2.test.ts',
  'test/fault/wire-phases.test.ts',
  'test/fault/wire-proxy.test.ts',
  'test/fault/wire-tls.test.ts',
  'test/real/actions-stores.test.ts',
  'test/real/ci-recipes.test.ts',
  'test/real/client-differs.test.ts',
  'test/real/door-printed-hostile.test.ts',
  'test/real/guide-files.test.ts',
  'test/real/http-apt-paths.test.ts',
  'test/real/openpgp.test.ts',
  'test/real/shells.test.ts',
  'test/rules/fewer-lines.test.ts',
  'test/rules/names.test.ts',
];

/** Tests of code by itself that take more than some 10 s: `npm run test:rest` runs them. */
export const slow: readonly string[] = [
  'test/ecosystem/growth.test.ts',
  'test/unit/advise/families.test.ts',
  'test/unit/advise/home-again.test.ts',
  'test/unit/advise/hung-downloads.test.ts',
  'test/unit/advise/peeks.test.ts',
  'test/unit/bench/scenarios/invariants.test.ts',
  'test/unit/cli/init-private.test.ts',
  'test/unit/config/secrets.test.ts',
  'test/unit/detect/them-or-us.test.ts',
  'test/unit/ecosystems/long-index.test.ts',
  'test/unit/features/actions/engine-policy.test.ts',
  'test/unit/features/doctor/secrets.test.ts',
  'test/unit/features/doctor/traps.test.ts',
  'test/unit/io/config-thread.test.ts',
];
