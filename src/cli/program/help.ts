import { type Argument, Help, type HelpConfiguration } from "commander";

/** How help texts are laid out. */
export const helpLayout: HelpConfiguration = {
  formatHelp: (command, helper) => commandsFirst(new Help().formatHelp(command, helper)),
  subcommandTerm: (command) =>
    [
      command.name(),
      ...command.registeredArguments
        .filter((argument) => argument.description !== "")
        .map(argumentTerm),
    ].join(" "),
};

/** What one can do comes before the long list of how: the section of the commands is moved to the front. */
function commandsFirst(help: string): string {
  const sections = help.trimEnd().split("\n\n");
  const isCommands = (section: string): boolean => section.startsWith("Commands:");
  const [usage = "", description = ""] = sections;
  const rest = sections.slice(2);
  const ordered = [...rest.filter(isCommands), ...rest.filter((section) => !isCommands(section))];
  return `${[usage, description, ...ordered].join("\n\n")}\n`;
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}
