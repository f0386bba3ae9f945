/** Sessions counted, in words. */
export function describeCount(count: number): string {
  return `${count} session${count === 1 ? "" : "s"}`;
}
