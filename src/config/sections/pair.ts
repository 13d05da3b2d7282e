import { bareUrl, durationField, mapping } from '../fields.ts';

/** A key of 1.0, which the next minor version does not accept any more. See decision 0218. */
export const pairKey = mapping({
  etcd: bareUrl('Ended, as `pair`.').optional(),
  lease: durationField('Ended, as `pair`.', { min: 3_000, max: 20_000 }).prefault('15s'),
})
  .meta({
    description:
      'Ended: two daemons of a place no longer agree which of them acts. While this key is set, all actions are dry runs. Give actions to one daemon only, and remove the key. See docs/actions.md.',
  })
  .optional();
