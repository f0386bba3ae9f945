import { isJsonObject, parseJson, type JsonObject } from "../../core/json.ts";
import type { FileStore } from "../../core/ports.ts";
import type { Tool, ToolContext, ToolOutput, ToolPermission } from "../../core/tool.ts";
import { failure, result, worldFailure } from "../output.ts";
import { Refusal } from "../patching/plan_changes.ts";
import { stageChange, type WriteApproval } from "../pending_changes.ts";
import { changeSkills, type SkillApplyDeps } from "./apply_skill_change.ts";
import {
  diffOfPlan,
  planSkillChange,
  type SkillPlan,
  type SkillPlanDeps,
} from "./plan_skill_change.ts";
import { parseSkillRequest, skillManageInput, type SkillRequest } from "./skill_request.ts";

export interface SkillManageDeps extends SkillPlanDeps, SkillApplyDeps {
  readonly files: FileStore;
  readonly approval: WriteApproval;
  /** Where calls come from, for what is staged; the id of the session where absent. */
  readonly origin?: string;
}

/** A request with the arguments that it came from. */
interface SkillCall {
  readonly request: SkillRequest;
  readonly payload: JsonObject;
}

/** Makes, changes and removes skills of the home. */
export function createSkillManageTool(deps: SkillManageDeps): Tool<SkillCall> {
  return {
    spec: {
      name: "skill_manage",
      description:
        "Keeps skills: create, patch (a part), edit (the whole SKILL.md), delete, write_file, remove_file. Write one after " +
        "work that took several attempts and will come again; mend one that you found wrong.",
      parameters: skillManageInput.parameters,
    },
    effect: "write",
    parse: (rawArguments) => {
      const payload = parseJson(rawArguments);
      return {
        request: parseSkillRequest(rawArguments),
        payload: isJsonObject(payload) ? payload : {},
      };
    },
    permission: async ({ request }) => {
      if (deps.approval !== "ask") return { kind: "allowed" };
      try {
        return question(await planSkillChange(deps, request));
      } catch (error) {
        // What cannot be done is nobody's question: the run tells why.
        if (error instanceof Refusal) return { kind: "allowed" };
        throw error;
      }
    },
    async run(call, context) {
      try {
        return deps.approval === "stage"
          ? await stage(deps, call, context)
          : await change(deps, call.request);
      } catch (error) {
        if (error instanceof Refusal) {
          return failure(error.message, { success: false, ...error.facts });
        }
        return worldFailure("change the skills", error);
      }
    },
  };
}

/** Carries a request out. @throws {Refusal}, or the operating system's error */
async function change(deps: SkillManageDeps, request: SkillRequest): Promise<ToolOutput> {
  const { plan, path } = await changeSkills(deps, request);
  return result({
    success: true,
    message: `Done: ${plan.summary}`,
    ...("directory" in plan.change ? { kept_in: path } : { path }),
    ...(request.action === "patch" ? { diff: diffOfPlan(plan) } : {}),
    ...(plan.note === undefined ? {} : { note: plan.note }),
  });
}

async function stage(
  deps: SkillManageDeps,
  { request, payload }: SkillCall,
  { sessionId }: ToolContext,
): Promise<ToolOutput> {
  const { summary } = await planSkillChange(deps, request);
  const id = await stageChange(deps, {
    subsystem: "skills",
    action: request.action,
    summary,
    origin: deps.origin ?? sessionId,
    payload,
  });
  return result({
    success: true,
    staged: true,
    pending_id: id,
    message: `Not done yet: "${summary}" waits for the user's approval (skills.write_approval). Go on without it`,
  });
}

function question(plan: SkillPlan): ToolPermission {
  const { change: planned, summary } = plan;
  const kind = "directory" in planned || planned.after === undefined ? "delete" : "update";
  const path = "directory" in planned ? planned.directory : planned.path;
  const isNew = !("directory" in planned) && planned.before === undefined;
  const diff = diffOfPlan(plan);
  return {
    kind: "ask",
    request: {
      subject: {
        kind: "file_change",
        changes: [{ path, kind: isNew ? "add" : kind }],
        ...(diff === "" ? {} : { diff }),
      },
      reason: summary,
      key: "skill_manage",
      // For good is a key of the configuration: skills.write_approval.
      scopes: ["session"],
    },
  };
}
