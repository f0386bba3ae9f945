/** An address for messages: without the parts that may hold a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, "")}`;
}
