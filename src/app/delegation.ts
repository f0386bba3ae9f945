import { childInstructions, createDelegate, type DelegationDeps } from "../agent/delegation.ts";
import { findProjectFile, localDate, projectSection } from "../agent/instructions.ts";
import type { LoopDeps } from "../agent/loop.ts";
import { defined } from "../core/defined.ts";
import type { Delegate } from "../core/delegation.ts";
import { nothingSpent, withCall } from "../core/spending.ts";
import { selectTools } from "../tools/toolsets.ts";
import type { Usage } from "../core/event.ts";
import type { BackendRequest } from "./backend.ts";
import { newTurnId } from "./ids.ts";
import type { AppParts } from "./parts.ts";

/** What a child must not do: delegate further, ask people, or change what outlives the session. */
const notForChildren: ReadonlySet<string> = new Set([
  "delegate_task",
  "clarify",
  "memory",
  "skill_manage",
  "cronjob",
  "send_message",
]);

/** What delegation is made of besides the loop, which is made last. */
export interface DelegationParts {
  readonly request: Pick<BackendRequest, "config" | "options" | "keepSide">;
  readonly provider: string;
  readonly model: string;
  readonly toolsets: ReadonlyMap<string, readonly string[]>;
  loop(): LoopDeps;
  /** Absent where nothing is compressed. */
  compressorFor(): DelegationDeps["compressorFor"];
}

/** Delegation for a conversation on our own loop: same model, credentials and tools, as far as children may have them. */
export function openDelegation(app: AppParts, parts: DelegationParts): Delegate {
  const { config, options } = parts.request;
  const { clock, files, host } = app.ports;
  const { service_tier: serviceTier, max_tokens: maxOutputTokens } = config.model;
  let delegate: Delegate | undefined;
  const open = (): Delegate => {
    const loop = parts.loop();
    const allowed = loop.tools.filter(({ spec }) => !notForChildren.has(spec.name));
    return createDelegate(
      {
        loop,
        toolsFor: (toolsets) => selectTools(allowed, { toolsets, disabled: [] }, parts.toolsets),
        async instructions(cwd) {
          const file = await findProjectFile(files, cwd);
          return childInstructions({
            cwd,
            system: `${host.operatingSystem} ${host.architecture}`,
            date: localDate(clock),
            ...(file ? { project: projectSection(file) } : {}),
          });
        },
        ...defined("compressorFor", parts.compressorFor()),
        newTurnId,
      },
      {
        model: parts.model,
        reasoningEffort: options.reasoningEffort ?? config.model.reasoning_effort,
        ...(serviceTier === "" ? {} : { serviceTier }),
        ...(maxOutputTokens === null ? {} : { maxOutputTokens }),
        maxSteps: config.delegation.max_iterations,
        maxConcurrent: config.delegation.max_concurrent_children,
      },
    );
  };
  return async (tasks, context) => {
    let spent = nothingSpent;
    const onUsage = (usage: Usage): void => {
      spent = withCall(spent, usage);
      context.onUsage?.(usage);
    };
    try {
      return await (delegate ??= open())(tasks, { ...context, onUsage });
    } finally {
      const { provider, model, request } = parts;
      if (spent.calls.count > 0) {
        await request.keepSide({ kind: "delegation", provider, model, ...spent });
      }
    }
  };
}
