import { describe, expect, test } from "bun:test";
import type { Command } from "commander";
import { buildProgram } from "../../../../src/cli/program.ts";
import { hermesSyntax } from "../../../../src/tools/command_risk/hermes_call.ts";
import { judgeCommand } from "../../../../src/tools/command_risk/judge_command.ts";

const options = { home: "/home/anna", hermesHome: "/home/anna/.hermes", cwd: "/home/anna/project" };

/** The level and key in one text: `safe`, `dangerous: recursive delete`. */
function summary(command: string): string {
  const verdict = judgeCommand(command, options);
  return verdict.level === "dangerous" ? `dangerous: ${verdict.key}` : verdict.level;
}

const approves = "dangerous: hermes turn that allows itself what is dangerous";
const otherHome = "dangerous: hermes turn with the rules of another home";
const interactive = "dangerous: interactive hermes session";
const changesConfig = "dangerous: change of the configuration of hermes";
const changesMemory = "dangerous: change of the memory or the skills of hermes";
const deletesSessions = "dangerous: delete hermes sessions";
const runsJobs = "dangerous: change or run of jobs of hermes";
const unknown = "dangerous: hermes command that is only known at run time";
const viaShell = "dangerous: shell command via -c/-lc flag";

const rows: Readonly<Record<string, readonly string[]>> = {
  [approves]: [
    "hermes --yolo -z 'clean up'",
    "hermes -z 'clean up' --yolo",
    "hermes -z 'clean up' --approval smart",
    "hermes -z 'clean up' --set auxiliary.approval.base_url=http://x",
    "hermes -zclean --yolo",
    "hermes -zm --yolo",
    "hermes -czm --yolo",
    "hermes --oneshot='clean up' --yolo",
    "hermes -z --yolo < prompt.txt",
    "hermes chat --yolo -q hi",
    "hermes chat -qhi --yolo",
    "hermes -z hi --allow 'rm *'",
    "hermes -z hi --allow=rm",
    "hermes -z hi --yolo --allow --help",
    "hermes -z hi --approval yolo",
    "hermes --approval=yolo -z hi",
    'hermes --approval "$MODE" -z hi',
    "hermes -m --help --yolo -z hi",
    "hermes --set approvals.noninteractive=approve -z hi",
    "hermes --set '\"approvals\".mode=off' -z hi",
    "hermes -z hi --set=command_allowlist='[rm *]'",
    'hermes --set "$KEY=1" -z hi',
    "hermes --set memory.write_approval=false -z hi",
    "hermes --set agent.max_turns=5 --set security.redact_secrets=false -z hi",
    "hermes --set security.redact_secrets=false --set agent.max_turns=5 -z hi",
    "hermes -z hi --set custom_providers='[]'",
    "hermes -z hi --set terminal.env_passthrough='[A_KEY]'",
    "./dist/hermes --yolo -z hi",
    "$HOME/bin/hermes --yolo -z hi",
    "~/.local/bin/hermes-linux-x64 --yolo -z hi",
    "HERMES --yolo -z hi",
    "env A=1 nohup hermes --yolo -z hi &",
    "timeout 60 hermes --yolo -z hi",
    "echo hi | hermes -z - --yolo | tee log",
    "true && (cd x; hermes --yolo -z hi)",
    "F=--yolo; hermes $F -z hi",
    "echo $(hermes --yolo -z hi)",
    "eval hermes --yolo -z hi",
    "find . -exec hermes --yolo -z hi ';'",
  ],
  [`${viaShell} + hermes turn that allows itself what is dangerous`]: [
    "sh -c 'hermes --yolo -z hi'",
    "bash -lc 'exec hermes -z hi --allow rm'",
  ],
  [otherHome]: [
    "HERMES_HOME=/tmp/x hermes -z hi",
    "HERMES_PROFILE=loose hermes chat -q hi",
    "HOME=/tmp/x hermes -z hi",
    "env HERMES_HOME=/tmp/x hermes -z hi",
    "env -u HERMES_HOME hermes -z hi",
    "env -i PATH=/bin hermes -z hi",
    "env --unset=HERMES_PROFILE hermes -z hi",
    "unset HERMES_HOME; hermes -z hi",
    "export HERMES_HOME=/tmp/x; hermes -z hi",
    "export HERMES_HOME; read HERMES_HOME < file; hermes -z hi",
    "HERMES_HOME=/tmp/x; hermes -z hi",
    "HERMES_HOME=/tmp/x eval 'hermes -z hi'",
    "HERMES_HOME=/tmp/x nohup hermes -z hi",
    "hermes --profile loose -z hi",
    "hermes -z hi --profile=loose",
  ],
  [interactive]: [
    "hermes",
    "hermes chat",
    "hermes -c",
    "hermes --cwd x -m gpt-5.5",
    "hermes chat -v",
  ],
  "dangerous: change of the logins of hermes": [
    "hermes auth logout xai-oauth",
    "hermes auth remove openai 1",
    "echo key | hermes auth add openai --label x",
  ],
  [changesConfig]: [
    "hermes config set approvals.mode off",
    "hermes config unset approvals.mode",
    "hermes config edit",
    "hermes mcp add x -- sh -c 'id'",
    "hermes mcp remove x",
    "EDITOR=ed hermes config edit",
    "hermes --profile work config set a b",
    "hermes -p work config set a b",
    "hermes --set a=b --debug config set a b",
    "hermes config --debug set a b",
    "HERMES_HOME=/tmp/x hermes config set a b",
    "HERMES_HOME=/tmp/x env B=1 hermes model set gpt-5.5",
    "hermes model set gpt-5.5",
    "hermes config set a -- --help",
    "V='config set'; hermes $V a b",
    "for verb in set unset; do hermes config $verb a; done",
  ],
  [changesMemory]: [
    "hermes memory reset --yes",
    "hermes memory approve 0123abcd",
    "hermes memory reject 0123abcd",
    "hermes skills remove -y deploy",
    "hermes skills approve 0123abcd",
    "hermes skills reject 0123abcd",
    "hermes memory pending --json | jq -r '.pending[].id' | xargs hermes memory approve",
  ],
  [runsJobs]: [
    "hermes cron add 'every 30m' 'rm -rf x'",
    "hermes cron add 30m x --deliver 'command:id'",
    "hermes cron edit news --prompt x",
    "hermes cron remove news --yes",
    "hermes cron run news",
    "hermes cron tick",
    "HERMES_HOME=/tmp/x hermes cron tick",
    "hermes cron daemon &",
    "hermes cron install --yes",
    "hermes cron pause news",
    "hermes --profile p cron --debug resume news",
  ],
  [deletesSessions]: [
    "hermes sessions delete 2026",
    "hermes sessions delete -y 2026",
    "hermes sessions prune --yes",
    "hermes sessions rewind 2026 --turns 3",
    "yes | hermes --profile work sessions prune",
    "hermes sessions list --json | xargs hermes sessions delete",
  ],
  [unknown]: [
    "hermes $ARGUMENTS",
    "hermes config $VERB a b",
    "hermes cron $VERB news",
    "hermes $FLAGS -z hi",
    "hermes -z hi $FLAGS",
    "hermes chat $FLAGS -q hi",
    'h() { hermes "$@"; }; h --yolo',
    "cat flags | xargs hermes",
    "cat flags | xargs hermes -z hi",
  ],
  "dangerous: overwrite system file via hermes": [
    "hermes -z hi -o ~/.bashrc",
    "hermes -z hi --output-last-message ~/.hermes/config.yaml",
    "hermes sessions export 2026 -o $HERMES_HOME/.env",
    "hermes -z hi --record=/etc/hosts",
  ],
  safe: [
    "hermes --version",
    "hermes -V",
    "hermes --help",
    "hermes config set --help",
    "hermes help config set",
    "hermes doctor",
    "hermes doctor --online --json",
    "hermes demo",
    "hermes completion bash",
    'hermes completion "$SHELL"',
    "hermes config show",
    "hermes config get approvals.mode",
    "hermes config check --json",
    "hermes config path",
    "hermes --profile work config show",
    "hermes --set approvals.mode=off config show",
    "HERMES_HOME=/tmp/x hermes config check",
    "HERMES_PROFILE=work hermes sessions list",
    "hermes cron",
    "hermes cron list --json",
    "hermes cron show news",
    "hermes cron history news -n 3",
    "hermes cron status",
    "hermes cron add --help",
    "hermes model list",
    "hermes model",
    "hermes sessions list",
    "hermes memory status --json",
    "hermes memory pending",
    "hermes skills list",
    "hermes skills view deploy",
    "hermes sessions show 2026",
    'hermes sessions show "$ID"',
    "hermes sessions search -- --yolo",
    "hermes sessions search delete prune",
    "hermes sessions export 2026 -o talk.md",
    "hermes sessions rename 2026 a title",
    "hermes sessions branch 2026 --title rewind",
    "hermes -z 'config set'",
    "hermes -z 'what does --yolo do?'",
    'hermes -z "$(cat prompt.txt)"',
    "hermes -z hi --approval deny",
    "hermes -z hi --set agent.max_turns=5",
    "git diff | hermes -z 'review this' --json -m gpt-5.5 -o answer.md",
    "hermes chat -q hi",
    "A=1 hermes -z hi",
    "HOME=/tmp/x npm test && hermes -z hi",
    "echo hermes --yolo",
    "which hermes",
    "ls ~/.hermes",
  ],
};

describe("hermes from hermes", () => {
  for (const [expected, commands] of Object.entries(rows)) {
    for (const command of commands) {
      test(`judgeCommand() calls ${JSON.stringify(command)} ${expected}`, () => {
        expect(summary(command)).toBe(expected);
      });
    }
  }
});

test("hermesSyntax takes those options to have values that the command line gives values to", () => {
  const descendants = (command: Command): readonly Command[] => [
    command,
    ...command.commands.flatMap((child) => descendants(child)),
  ];
  const all = descendants(buildProgram(() => undefined)).flatMap((command) => command.options);
  const { valued = "", valuedLong = [] } = hermesSyntax;
  for (const { flags, long, short, required } of all) {
    const isShortValued = short === undefined ? required : valued.includes(short.slice(1));
    const isLongValued = valuedLong.includes(long ?? "");
    expect({ flags, isLongValued, isShortValued }).toEqual({
      flags,
      isLongValued: required,
      isShortValued: required,
    });
  }
  expect(all.length).toBeGreaterThan(30);
});
