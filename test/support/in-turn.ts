/** Results in order; so many at a time. */
export async function inTurn<In, Out>(
  width: number,
  items: readonly In[],
  make: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) {
      const item = items[at];
      if (item !== undefined) results[at] = await make(item);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
