import { quote, type CompletionNode, type CompletionOption } from "./tree.ts";

/** The script for fish: one line for each word, with the condition under which it is offered. */
export function fishScript(nodes: readonly CompletionNode[]): string {
  const lines = nodes.flatMap((node) => {
    const start = `complete -c hermes -n ${quote(conditionOf(node))}`;
    const children = node.children.map(
      (child) => `${start} -f -a ${child.name} -d ${quote(child.description)}`,
    );
    const words = node.words.length > 0 ? [`${start} -f -a ${quote(node.words.join(" "))}`] : [];
    return [...children, ...words, ...node.options.map((option) => optionLine(option, start))];
  });
  return `# Completion of hermes for fish.\n${lines.join("\n")}\n`;
}

/** Holds while the command is the last one on the line. */
function conditionOf({ path, children }: CompletionNode): string {
  const names = children.map((child) => child.name).join(" ");
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const open = names === "" ? [] : [`not __fish_seen_subcommand_from ${names}`];
  return [...seen, ...open].join("; and ");
}

function optionLine(option: CompletionOption, start: string): string {
  const names = option.names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  return `${start} ${names.join(" ")} ${valueOf(option)} -d ${quote(option.description)}`;
}

function valueOf({ value, choices }: CompletionOption): string {
  if (choices.length > 0) return `-x -a ${quote(choices.join(" "))}`;
  switch (value) {
    case "file":
      return "-r -F";
    case "directory":
      return "-x -a '(__fish_complete_directories)'";
    case "other":
      return "-x";
    case undefined:
      return "-f";
    default:
      return value satisfies never;
  }
}
