import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import type { CompletionNode, Shell } from "./tree.ts";
import { zshScript } from "./zsh.ts";

/** The completion script of a shell. */
export function completionScript(shell: Shell, nodes: readonly CompletionNode[]): string {
  switch (shell) {
    case "bash":
      return bashScript(nodes);
    case "zsh":
      return zshScript(nodes);
    case "fish":
      return fishScript(nodes);
    default:
      return shell satisfies never;
  }
}
