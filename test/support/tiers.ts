/**
 * What `npm test` runs beside the tests of code by itself: a short test of each kind that starts a daemon, injects a
 * fault, or needs a real server or client. `npm run test:rest` runs all the others.
 */
export const representatives: readonly string[] = [
  'test/daemon/dead-at-start.test.ts',
  'test/daemon/page.test.ts',
  'test/fault/bad-input.test.ts',
  'test/fault/wire-h2.test.ts',
  'test/fault/wire-tls.test.ts',
  'test/real/door-apt.test.ts',
  'test/real/hang.test.ts',
  'test/real/http-lists.test.ts',
  'test/real/prometheus.test.ts',
  'test/real/shells.test.ts',
  'test/rules/names.test.ts',
];

/** Tests of code by itself that take more than some 10 s: `npm run test:rest` runs them. */
export const slow: readonly string[] = [
  'test/ecosystem/growth.test.ts',
  'test/unit/advise/families.test.ts',
  'test/unit/advise/home-again.test.ts',
  'test/unit/advise/hung-downloads.test.ts',
  'test/unit/bench/lines.test.ts',
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
