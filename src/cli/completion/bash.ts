import type { CompletionNode, CompletionOption } from "./tree.ts";

/**
 * The script for bash. It first finds out whether the word before is an option that takes a value, then which command
 * the line names so far. Version 3.2 (macOS) knows no associative arrays; `case` does as well.
 */
export function bashScript(nodes: readonly CompletionNode[]): string {
  const lines = [
    "# Completion of hermes for bash.",
    "_hermes() {",
    `  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} path="" word`,
    "  case $previous in",
    ...valueCases(nodes.flatMap((node) => node.options)).map((line) => `    ${line}`),
    "  esac",
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    '    case "$path $word" in',
    ...nodes.filter(({ path }) => path.length > 0).map((node) => `      ${pathCase(node)}`),
    "    esac",
    "  done",
    "  case $path in",
    ...nodes.map((node) => `    ${wordCase(node)}`),
    "  esac",
    "}",
    "complete -o default -F _hermes hermes",
  ];
  return `${lines.join("\n")}\n`;
}

function valueCases(options: readonly CompletionOption[]): readonly string[] {
  const replies = new Map<string, Set<string>>();
  for (const option of options) {
    const reply = replyOf(option);
    if (reply === undefined) continue;
    const names = replies.get(reply) ?? new Set();
    for (const name of option.names) names.add(name);
    replies.set(reply, names);
  }
  return [...replies].map(([reply, names]) => `${[...names].join("|")}) ${reply}return ;;`);
}

/** What fills in the value of an option; undefined for one without. */
function replyOf({ value, choices }: CompletionOption): string | undefined {
  if (choices.length > 0) return compgen(`-W "${choices.join(" ")}"`);
  switch (value) {
    case "file":
      return compgen("-f");
    case "directory":
      return compgen("-d");
    case "other":
      return "";
    case undefined:
      return undefined;
    default:
      return value satisfies never;
  }
}

function compgen(source: string): string {
  return `COMPREPLY=($(compgen ${source} -- "$current")); `;
}

function pathCase({ path }: CompletionNode): string {
  const parent = path.slice(0, -1).join(" ");
  return `"${parent} ${path.at(-1) ?? ""}") path="${path.join(" ")}" ;;`;
}

function wordCase({ path, children, words, options }: CompletionNode): string {
  const names = options.flatMap((option) => option.names);
  const all = [...children.map((child) => child.name), ...words, ...names];
  return `"${path.join(" ")}") ${compgen(`-W "${all.join(" ")}"`)};;`;
}
