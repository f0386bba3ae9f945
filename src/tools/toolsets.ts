import type { Tool } from "../core/tool.ts";

/** Names that users give to groups of tools. */
const toolsets: ReadonlyMap<string, readonly string[]> = new Map([
  ["terminal", ["terminal", "process"]],
  ["file", ["read_file", "write_file", "patch", "search_files"]],
  ["search", ["search_files", "read_file"]],
  ["todo", ["todo"]],
  ["clarify", ["clarify"]],
  ["delegation", ["delegate_task"]],
  ["memory", ["memory"]],
  ["skills", ["skills_list", "skill_view", "skill_manage"]],
  ["cronjob", ["cronjob"]],
  // What codex has no tool for, and what needs no live turn: given to it, and served to any MCP client.
  ["codex", ["todo", "memory", "session_search", "skills_list", "skill_view", "skill_manage"]],
  ["sessions", ["sessions_list", "sessions_read", "sessions_search", "sessions_wait"]],
]);

/** For programs that look after hermes: a conversation has them only where somebody names them. */
const onlyByName: ReadonlySet<string> = new Set(toolsets.get("sessions"));

/** Whether somebody names a tool of the toolset `sessions`, or all of it. */
export function namesSessions(chosen: readonly string[]): boolean {
  return chosen.some((name) => name === "sessions" || onlyByName.has(name));
}

/** The names of the tools in a toolset; none where there is no such toolset. */
export function toolsOfToolset(name: string): readonly string[] {
  return toolsets.get(name) ?? [];
}

/** Names of toolsets, as users may write them. */
export const toolsetNames: readonly string[] = [...toolsets.keys(), "coding", "all"];

export interface ToolChoice {
  /** Toolsets or tools by name; all where absent. */
  readonly toolsets: readonly string[] | undefined;
  readonly disabled: readonly string[];
}

/** The chosen tools in their fixed order, and the names that mean nothing; `more` are toolsets besides our own. */
export function selectTools(
  tools: readonly Tool[],
  { toolsets: chosen, disabled }: ToolChoice,
  more: ReadonlyMap<string, readonly string[]> = new Map(),
): { readonly tools: readonly Tool[]; readonly unknown: readonly string[] } {
  const known = tools.map(({ spec }) => spec.name);
  const usual = known.filter((name) => !onlyByName.has(name));
  const namesOf = (toolset: string): readonly string[] | undefined => {
    if (["all", "*", "coding"].includes(toolset)) return usual;
    const named = toolsets.get(toolset) ?? more.get(toolset);
    return named ?? (known.includes(toolset) ? [toolset] : undefined);
  };
  const wanted = new Set((chosen ?? ["all"]).flatMap((name) => namesOf(name) ?? []));
  const unwanted = new Set(disabled.flatMap((name) => namesOf(name) ?? []));
  return {
    tools: tools.filter(({ spec }) => wanted.has(spec.name) && !unwanted.has(spec.name)),
    unknown: [...(chosen ?? []), ...disabled].filter((name) => namesOf(name) === undefined),
  };
}
