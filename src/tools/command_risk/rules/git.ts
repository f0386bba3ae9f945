import { countOptions, sortArguments } from "../options.ts";
import { dangerous, type Rule } from "./rule.ts";

/** What throws work away that git would have kept. */
export const gitRules: readonly Rule[] = [
  gitRule("git reset --hard (destroys uncommitted changes)", "reset", ({ options }) =>
    options.includes("--hard"),
  ),
  gitRule("git force push (rewrites remote history)", "push", ({ options, operands }) => {
    const isForced = options.some((option) => option === "f" || option.startsWith("--force"));
    return isForced || operands.some((operand) => operand.startsWith("+"));
  }),
  gitRule("git clean with force (deletes untracked files)", "clean", ({ options }) =>
    options.some((option) => option === "f" || option === "--force"),
  ),
  gitRule("git branch force delete", "branch", ({ options }) =>
    options.some((option) => option === "D" || option === "d" || option === "--delete"),
  ),
];

function gitRule(
  key: string,
  subcommand: string,
  applies: (args: ReturnType<typeof sortArguments>) => boolean,
): Rule {
  return dangerous(key, ["git"], ({ args }) => {
    const start = countOptions(args, gitSyntax);
    return args[start] === subcommand && applies(sortArguments(args.slice(start + 1)));
  });
}

const gitSyntax = {
  valued: "Cc",
  valuedLong: ["--exec-path", "--git-dir", "--namespace", "--super-prefix", "--work-tree"],
};
