import type { Ports } from "../../../core/ports.ts";
import type { ListedTool } from "../../../mcp/server_spec.ts";
import { printNote } from "../../print.ts";
import { fitWidth, textWidth } from "../../interactive/text_width.ts";
import { oneLine } from "../../render/plain.ts";
import { typedLine } from "../../typed_line.ts";

/** Lets the person at the terminal choose from a server's tools: all with Enter, some by their numbers. */
export async function chooseTools(
  ports: Pick<Ports, "terminal" | "env">,
  tools: readonly ListedTool[],
): Promise<readonly string[]> {
  const width = Math.min(40, Math.max(0, ...tools.map(({ name }) => textWidth(oneLine(name)))));
  const lines = tools.map(({ name, description }, at) => {
    const about = oneLine(description.trim().split("\n")[0] ?? "");
    const shown =
      `  ${String(at + 1).padStart(3)}  ${pad(oneLine(name), width)}  ${about}`.trimEnd();
    return fitWidth(shown, ports.terminal.stderr.columns() ?? 80);
  });
  await printNote(ports, lines.join("\n"));
  for (let attempt = 0; attempt < 3; attempt++) {
    await ports.terminal.stderr.write("Tools to use: Enter for all, or numbers such as 1,3-5: ");
    const places = readPlaces(await typedLine(ports.terminal), tools.length);
    if (places) return tools.flatMap(({ name }, at) => (places.has(at + 1) ? [name] : []));
    await printNote(ports, `Numbers from 1 to ${tools.length}, please`);
  }
  return tools.map(({ name }) => name);
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** The numbers that a text names; all for an empty one; undefined when it is no such text. */
export function readPlaces(text: string, count: number): ReadonlySet<number> | undefined {
  const all = Array.from({ length: count }, (_, at) => at + 1);
  const parts = text.split(/[,\s]+/).filter((part) => part !== "");
  if (parts.length === 0 || /^(?:y|yes|all)$/i.test(text.trim())) return new Set(all);
  const places = new Set<number>();
  for (const part of parts) {
    const [, from = "", to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to)];
    if (from === "" || first < 1 || last > count || first > last) return undefined;
    for (const place of all.slice(first - 1, last)) places.add(place);
  }
  return places;
}
