/** What a call of a server's tool came to; of a result that is too large, where the rest is. */
export interface McpResult {
  /** Who wrote it; absent where it is ours. */
  readonly source?: string;
  readonly [field: string]: string | undefined;
}

/** Reads a result as the model gets it. What a server wrote stands in a fence with twelve random signs in its tag. */
export function readMcpResult(output: string): McpResult {
  const fence = /^\[From (.+)\. All of it .+\]\n<(untrusted-[A-Za-z0-9]{12})>\n([^]*)\n<\/\2>/.exec(
    output,
  );
  if (!fence) return JSON.parse(output);
  const [, source = "", , text = ""] = fence;
  if (text.startsWith('{"error":')) return { source, ...JSON.parse(text) };
  return text.startsWith("[Result of ")
    ? { source, spilled: text.slice(0, 24) }
    : { source, result: text };
}
