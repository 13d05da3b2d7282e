/** The log-likelihood of `bad` of `all` at their own rate, 0 or less; 0 for no samples. */
export function likelihood(bad: number, all: number): number {
  const good = all - bad;
  return (bad === 0 ? 0 : bad * Math.log(bad / all)) + (good === 0 ? 0 : good * Math.log(good / all));
}
