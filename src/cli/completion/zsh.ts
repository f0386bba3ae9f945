import { quote, type CompletionNode, type CompletionOption } from "./tree.ts";

/** The script for zsh: one function for each command, which hands on to those of its subcommands. */
export function zshScript(nodes: readonly CompletionNode[]): string {
  const lines = [
    "#compdef hermes",
    "# Completion of hermes for zsh.",
    ...nodes.flatMap(commandFunction),
    // Autoloaded from fpath the file is the function's body; sourced it has to register itself.
    'if [ "$funcstack[1]" = "_hermes" ]; then _hermes "$@"; else compdef _hermes hermes; fi',
  ];
  return `${lines.join("\n")}\n`;
}

function commandFunction(node: CompletionNode): readonly string[] {
  const specs = [...node.options.map(optionSpec), ...operandSpecs(node)];
  return [
    `${functionName(node.path)}() {`,
    "  local context state state_descr line",
    "  typeset -A opt_args",
    "  _arguments -C -s -S \\",
    ...specs.map((spec, index) => `    ${spec}${index < specs.length - 1 ? " \\" : ""}`),
    ...(node.children.length > 0 ? subcommandCases(node) : []),
    "}",
  ];
}

function operandSpecs({ children, words }: CompletionNode): readonly string[] {
  if (children.length > 0) return ["'1: :->command'", "'*:: :->rest'"];
  return words.length > 0 ? [quote(`1:word:(${words.join(" ")})`)] : ["'*: :_files'"];
}

function subcommandCases({ path, children }: CompletionNode): readonly string[] {
  return [
    "  case $state in",
    "    command)",
    "      local -a commands=(",
    ...children.map(
      ({ name, description }) =>
        `        ${quote(`${name}:${description.replaceAll(":", String.raw`\:`)}`)}`,
    ),
    "      )",
    "      _describe command commands ;;",
    "    rest)",
    "      case $line[1] in",
    ...children.map(({ name }) => `        ${name}) ${functionName([...path, name])} ;;`),
    "      esac ;;",
    "  esac",
  ];
}

function functionName(path: readonly string[]): string {
  return ["_hermes", ...path].join("_");
}

/** For example `'(-m --model)'{-m,--model}'[the model]:value: '`: both spellings exclude one another. */
function optionSpec(option: CompletionOption): string {
  const { names, description } = option;
  const text = description.replaceAll(/[[\]:]/g, String.raw`\$&`);
  const spec = `[${text}]${valueSpec(option)}`;
  if (names.length === 1) return quote(`${names[0] ?? ""}${spec}`);
  return `'(${names.join(" ")})'{${names.join(",")}}${quote(spec)}`;
}

function valueSpec({ value, choices }: CompletionOption): string {
  if (choices.length > 0) return `:value:(${choices.join(" ")})`;
  switch (value) {
    case "file":
      return ":value:_files";
    case "directory":
      return ":value:_directories";
    case "other":
      return ":value: ";
    case undefined:
      return "";
    default:
      return value satisfies never;
  }
}
