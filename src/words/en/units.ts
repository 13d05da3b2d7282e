/** Numbers with their units as a page says them. */
export const units = {
  'unit.s': '{count} s',
  'unit.min': '{count} min',
  'unit.h': '{count} h',
  'unit.d': '{count} d',
  'unit.percent': '{value} %',
  'unit.ago': '{span} ago',
  'unit.never': 'never',
  'unit.sample': '{count} sample',
  'unit.samples': '{count} samples',
} as const;
