/**
 * A tool call that the model wrote as text, in the notation it uses inside: `to=functions.NAME` at the beginning of a
 * line, or before the JSON of its arguments. A sentence about that notation is neither.
 */
const leakedCall =
  /(?:^[ \t]*(?:assistant[ \t]+)?|[\s>|])to=functions\.[a-z_]\w*[^{}]{0,64}\{\s*["}]|^[ \t]*(?:assistant[ \t]+)?to=functions\.[a-z_]\w*/im;

/** Whether the text of a message is, or holds, a tool call that was meant for the machine. */
export function isLeakedCall(text: string): boolean {
  return leakedCall.test(text);
}
