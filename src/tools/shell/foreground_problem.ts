import { basename } from "node:path/posix";
import { parseScript } from "../command_risk/parse_script.ts";
import { literalText, type Script, simpleCommandsOf } from "../command_risk/syntax.ts";

/** Programs that take a command away from the process group that it is ended with. */
const detachers: ReadonlySet<string> = new Set(["disown", "nohup", "setsid"]);

/** Commands that serve or watch until somebody ends them, as the words that they begin with. */
const longLived: readonly (readonly string[])[] = [
  ["bun", "dev"],
  ["bun", "run", "dev"],
  ["bun", "run", "watch"],
  ["docker", "compose", "logs", "-f"],
  ["flask", "run"],
  ["gunicorn"],
  ["hugo", "server"],
  ["jekyll", "serve"],
  ["live-server"],
  ["next", "dev"],
  ["next", "start"],
  ["ng", "serve"],
  ["nodemon"],
  ["npm", "run", "dev"],
  ["npm", "run", "serve"],
  ["npm", "run", "watch"],
  ["npx", "vite"],
  ["php", "-S"],
  ["pnpm", "dev"],
  ["pnpm", "run", "dev"],
  ["python", "-m", "http.server"],
  ["python3", "-m", "http.server"],
  ["rails", "server"],
  ["redis-server"],
  ["tail", "-f"],
  ["tail", "-F"],
  ["uvicorn"],
  ["vite"],
  ["vite", "dev"],
  ["yarn", "dev"],
  ["yarn", "run", "dev"],
];

/** Words after which a long-lived program does its work and ends. */
const brief: ReadonlySet<string> = new Set(["--help", "--version", "-h", "build", "optimize"]);

/** Why a command cannot run to its end while the turn waits, with what to do instead; undefined when it can. */
export function foregroundProblem(command: string): string | undefined {
  const { script } = parseScript(command);
  const detached = detachProblem(script);
  if (detached !== undefined) return detached;
  for (const { words } of simpleCommandsOf(script)) {
    const texts = words.map((word) => literalText(word) ?? "");
    const [program = "", ...rest] = texts;
    const line = [basename(program), ...rest];
    const isLongLived = longLived.some((prefix) => prefix.every((word, i) => line[i] === word));
    if (isLongLived && !rest.some((word) => brief.has(word))) {
      return `${line.slice(0, 3).join(" ")} runs until it is ended: start it with background=true and watch it with the process tool`;
    }
  }
  return undefined;
}

/** Why a background command would escape the process tool; undefined when it would not. */
export function backgroundProblem(command: string): string | undefined {
  return detachProblem(parseScript(command).script);
}

function detachProblem(script: Script): string | undefined {
  for (const { words } of simpleCommandsOf(script)) {
    const [program] = words;
    const name = basename((program && literalText(program)) ?? "");
    if (detachers.has(name)) {
      return `${name} takes the command out of control: run it with background=true and without ${name}`;
    }
  }
  if (script.pipelines.at(-1)?.operator === "&") {
    return "A trailing & would leave the command behind: run it with background=true and without &";
  }
  return undefined;
}
