import type { InputStream, OutputStream, Terminal } from "../core/ports.ts";
import { openInput, readKeys, suspendProcess } from "./input.ts";
import { openOutput } from "./output.ts";
import { reserveStdout } from "./reserve_stdout.ts";

/** The standard streams of this process; each is looked at when it is first asked for. */
export function openTerminal(): Terminal {
  let stdin: InputStream | undefined;
  let stdout: OutputStream | undefined;
  let stderr: OutputStream | undefined;
  return {
    get stdin() {
      return (stdin ??= openInput());
    },
    get stdout() {
      return (stdout ??= openOutput(1));
    },
    get stderr() {
      return (stderr ??= openOutput(2));
    },
    keys: readKeys,
    suspend: suspendProcess,
    reserveStdout,
    onResize(callback) {
      const listener = (): void => callback();
      process.stdout.on("resize", listener);
      return {
        [Symbol.dispose]() {
          process.stdout.off("resize", listener);
        },
      };
    },
  };
}
