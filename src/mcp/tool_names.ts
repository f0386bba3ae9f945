/** The longest name that every provider takes. */
const maxChars = 64;

/** A tool of a server, by both of their own names. */
export interface NamedTool {
  readonly server: string;
  readonly tool: string;
}

/**
 * Names for models, `mcp_<server>_<tool>`, in the order of the tools: other characters than letters, digits and `_` become
 * `_`, and what is too long, or taken by a tool before it, ends in a digest of the real names. The same tools always get
 * the same names.
 */
export function toolNames(tools: readonly NamedTool[]): readonly string[] {
  const taken = new Set<string>();
  return tools.map(({ server, tool }) => {
    const plain = `mcp_${wordOf(server)}_${wordOf(tool)}`;
    let name = plain.length <= maxChars ? plain : withDigest(plain, `${server}\n${tool}`);
    for (let attempt = 0; taken.has(name); attempt++) {
      name = withDigest(plain, `${server}\n${tool}\n${attempt}`);
    }
    taken.add(name);
    return name;
  });
}

/** A name as far as it can stand in a tool's name. */
function wordOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, "_");
}

function withDigest(name: string, of: string): string {
  const digest = fnv1a(of).toString(16).padStart(8, "0");
  return `${name.slice(0, maxChars - digest.length - 1)}_${digest}`;
}

/** FNV-1a with 32 bits (draft-eastlake-fnv): tells names apart, protects nothing. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash;
}
