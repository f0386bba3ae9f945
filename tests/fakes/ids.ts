/** A `newId` that counts: `item-1`, `item-2`, ... */
export function createSequentialIds(prefix = "item"): () => string {
  let count = 0;
  return () => `${prefix}-${++count}`;
}
