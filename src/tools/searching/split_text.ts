/**
 * The pieces of text between separators of one character, in batches as they come. A last piece without a separator
 * counts unless it is empty. A piece that goes on through several chunks is cut at `maxLength`.
 */
export async function* splitText(
  chunks: AsyncIterable<string>,
  { separator = "\n", maxLength = Infinity } = {},
): AsyncGenerator<readonly string[], void> {
  let open = "";
  for await (const chunk of chunks) {
    const [first = "", ...rest] = chunk.split(separator);
    open += first.slice(0, Math.max(0, maxLength - open.length));
    const last = rest.pop();
    if (last === undefined) continue;
    yield [open, ...rest];
    open = last;
  }
  if (open !== "") yield [open];
}
