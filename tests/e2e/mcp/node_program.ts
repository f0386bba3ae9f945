import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Ended } from "../sandbox.ts";

/** Runs a program of `node_modules` with the Node of the project: the machine's may be too old for it, or missing. */
export function runNodeProgram(
  name: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  const bin = resolve("node_modules/.bin");
  const child = spawn(resolve(bin, "node"), [resolve(bin, name), ...args], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: options.cwd, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((done) => {
    child.once("close", (code) => done({ code: code ?? -1, stdout, stderr }));
  });
}
