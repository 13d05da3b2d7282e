import type { units as english } from '../en/units.ts';

/** Simplified Chinese of the file of this name in `en`. */
export const units: Readonly<Record<keyof typeof english, string>> = {
  'unit.s': '{count} 秒',
  'unit.min': '{count} 分钟',
  'unit.h': '{count} 小时',
  'unit.d': '{count} 天',
  'unit.percent': '{value}%',
  'unit.ago': '{span}前',
  'unit.never': '从未',
  'unit.sample': '{count} 个样本',
  'unit.samples': '{count} 个样本',
};
