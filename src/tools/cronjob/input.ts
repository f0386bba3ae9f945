import * as z from "zod";
import { defineInput, wrong } from "../input.ts";

/** The arguments of `cronjob`. */
export const cronjobInput = defineInput("cronjob", () =>
  z.object({
    action: z.enum(["create", "list", "show", "update", "pause", "resume", "run", "remove"]),
    job_id: z
      .string()
      .optional()
      .describe("All but create and list: the job's id, or its name in full"),
    schedule: z
      .string()
      .optional()
      .describe(
        "create, update: when. 'every 30m', 'every day at 09:00', 'every monday at 17:30', '0 9 * * MON-FRI'; once: '2h' from now, '2030-12-24T18:00'",
      ),
    timezone: z
      .string()
      .optional()
      .describe("Whose clock is meant, such as Europe/Berlin; the user's where absent"),
    prompt: z
      .string()
      .optional()
      .describe("create, update: the whole task, for an agent that knows nothing of this talk"),
    name: z.string().optional().describe("A few words, which no other job has"),
    script: z
      .string()
      .optional()
      .describe(
        "A program in the scripts directory of the home; what it prints goes before the prompt",
      ),
    no_agent: z
      .boolean()
      .optional()
      .describe("What the script prints is the outcome, no agent runs (default: false)"),
    deliver: z
      .array(z.string())
      .optional()
      .describe(
        "Where outcomes go besides a file of their own: file:PATH, command:SHELL COMMAND, webhook:URL",
      ),
    repeat: z.int().min(0).optional().describe("Run so often; 0: for ever"),
    skills: z.array(z.string()).optional().describe("Skills that are loaded for it"),
    context_from: z
      .array(z.string())
      .optional()
      .describe("Jobs whose newest outcome goes before the prompt"),
    model: z
      .object({ model: z.string().optional(), provider: z.string().optional() })
      .optional()
      .describe("What it runs on; the user's default where absent"),
    enabled_toolsets: z.array(z.string()).optional().describe("Only these toolsets"),
    workdir: z.string().optional().describe("The directory that it works in"),
  }),
);

/** What is asked for, after the arguments of its action were checked. */
export type CronjobInput = ReturnType<typeof cronjobInput.parse>;

/** Reads a call. @throws {HermesError} `turn/tool_arguments` where the action lacks something */
export function parseCronjob(rawArguments: string): CronjobInput {
  const input = cronjobInput.parse(rawArguments);
  const { action } = input;
  const isNew = action === "create";
  if (isNew && input.schedule === undefined) throw wrong("cronjob", "action create needs schedule");
  if (isNew && input.prompt === undefined && input.script === undefined) {
    throw wrong("cronjob", "action create needs prompt or script");
  }
  if (!isNew && action !== "list" && input.job_id === undefined) {
    throw wrong("cronjob", `action ${action} needs job_id`);
  }
  return input;
}
