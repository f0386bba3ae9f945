/** A record with the field, or without it where there is no value: an absent option is no key at all. */
export function defined<Key extends string, Value>(
  key: Key,
  value: Value | undefined,
): { readonly [K in Key]?: Value } {
  const record: { [K in Key]?: Value } = {};
  if (value !== undefined) record[key] = value;
  return record;
}
