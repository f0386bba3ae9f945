import type { App } from "../../../app.ts";
import { readHomeFile } from "../../../config/home_file.ts";
import type { McpServerSettings } from "../../../config/mcp_servers.ts";
import { readConfig } from "../../../config/read_config.ts";

/** The servers as `config.yaml` has them: variables are not replaced by their values. */
export async function writtenSettings(app: App): Promise<ReadonlyMap<string, McpServerSettings>> {
  const { configFile } = app.paths;
  const text = (await readHomeFile(app.ports.files, configFile))?.text ?? "";
  const { config } = readConfig({ text, file: configFile, env: {} });
  return new Map(Object.entries(config?.mcp_servers ?? {}));
}
