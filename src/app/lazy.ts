/** Makes a value on first use and keeps it; a failed attempt is not kept. */
export function lazy<T>(make: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  const get = (): Promise<T> => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return Object.assign(get, { ifMade: () => made });
}

export interface Lazy<T> {
  (): Promise<T>;
  /** The value or the attempt under way, undefined before the first use. */
  ifMade(): Promise<T> | undefined;
}
