import { type Script, simpleCommandsOf, literalText } from "../syntax.ts";
import { sortArguments } from "../options.ts";
import { systemctlSyntax } from "./hardline.ts";
import { dangerous, type Rule } from "./rule.ts";

/** Processes, services and containers that others rely on. */
export const processRules: readonly Rule[] = [
  dangerous("stop/restart system service", ["systemctl"], ({ args }) => {
    const [verb] = sortArguments(args, systemctlSyntax).operands;
    return verb !== undefined && ["disable", "kill", "mask", "restart", "stop"].includes(verb);
  }),
  dangerous("stop/restart system service", ["service"], ({ args }) => {
    const verb = args[1];
    return verb === "stop" || verb === "restart";
  }),
  dangerous("force kill processes", ["pkill", "killall"], ({ args }) => args.some(isForced)),
  dangerous("force kill processes", ["pkill", "killall"], ({ args }) => {
    const { values } = sortArguments(args, signalSyntax);
    const signal = values.get("s") ?? values.get("--signal");
    return signal !== undefined && /^(?:SIG)?KILL$|^9$/i.test(signal);
  }),
  dangerous("kill processes by pattern", ["killall"], ({ args }) => {
    const { options } = sortArguments(args, signalSyntax);
    return options.includes("r") || options.includes("--regexp");
  }),
  dangerous("kill process via pgrep expansion (self-termination)", ["kill"], ({ fields }) =>
    fields.some(({ scripts }) => scripts.some(looksUpProcesses)),
  ),
  dangerous("kill hermes process (self-termination)", ["pkill", "killall"], ({ args }) =>
    args.some((arg) => /hermes/i.test(arg)),
  ),
  dangerous("hermes update (restarts gateway, kills running agents)", ["hermes"], ({ args }) =>
    args.includes("update"),
  ),
  dangerous("stop/restart hermes gateway (kills running agents)", ["hermes"], ({ args }) =>
    /\bgateway\b.*\b(?:stop|restart)\b/.test(firstWords(args)),
  ),
  dangerous(
    "start gateway outside its service",
    ["hermes"],
    ({ args, isBackground, wrappedBy }) =>
      /\bgateway run\b/.test(firstWords(args)) &&
      (isBackground || wrappedBy.includes("nohup") || wrappedBy.includes("setsid")),
  ),
  dangerous("stop/restart docker container", ["docker", "podman"], ({ args }) => {
    const [first, second] = sortArguments(args, dockerSyntax).operands;
    if (first === "compose") return isStop(second) || second === "down";
    return isStop(first === "container" ? second : first);
  }),
  dangerous("stop/restart docker container", ["docker-compose"], ({ args }) => {
    const [verb] = sortArguments(args, dockerSyntax).operands;
    return isStop(verb) || verb === "down";
  }),
];

const signalSyntax = { valued: "sugtPGUoy", valuedLong: ["--signal", "--user"] };

const dockerSyntax = {
  valued: "Hclfp",
  valuedLong: [
    "--config",
    "--context",
    "--env-file",
    "--file",
    "--host",
    "--profile",
    "--project-directory",
    "--project-name",
  ],
};

/** Enough of the arguments to see a subcommand. */
function firstWords(args: readonly string[]): string {
  return args.slice(0, 8).join(" ").slice(0, 256);
}

function isStop(verb: string | undefined): boolean {
  return verb === "stop" || verb === "restart" || verb === "kill";
}

function isForced(arg: string): boolean {
  return /^-(?:9|(?:SIG)?KILL)$/i.test(arg);
}

function looksUpProcesses(script: Script): boolean {
  for (const command of simpleCommandsOf(script)) {
    const [program] = command.words;
    const name = program && literalText(program);
    if (name === "pgrep" || name === "pidof") return true;
  }
  return false;
}
