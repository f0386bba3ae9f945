import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import { startModelServer } from "../bench/model_server.ts";

/**
 * Which functions the usual starts of a binary use: files for Bun's `bytecodeOrder`, which puts them next to one another,
 * so that a start reads fewer pages. They hold for other builds of the same sources too, for any machine.
 * @param directory where the files are written, and where the binary has its home meanwhile
 * @throws {Error} when the binary fails
 */
export async function recordBytecodeOrder(
  binary: string,
  directory: string,
): Promise<readonly string[]> {
  await using server = startModelServer();
  server.reset(1);
  const endpoint = ["--base-url", server.baseUrl, "--model", "gpt-5.5"];
  const usual = [["-z", "Say done", ...endpoint], ["--help"]];
  const home = resolve(directory, "home");
  await mkdir(home);
  const files: string[] = [];
  for (const args of usual) {
    const file = resolve(directory, `order${files.length}`);
    const child = Bun.spawn([resolve(binary), ...args], {
      cwd: home,
      env: { PATH: process.env["PATH"], HOME: home, BUN_BYTECODE_ORDER_OUT: file },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const said = await new Response(child.stderr).text();
    const code = await child.exited;
    if (code !== 0) throw new Error(`${binary} ${args[0]} ended with ${code}: ${said}`);
    files.push(file);
  }
  return files;
}
