/** Entry of the process. The version is answered before anything is loaded; everything else waits for its ports. */
declare const HERMES_BUILD_VERSION: string | undefined;
declare const HERMES_BUILD_COMMIT: string | undefined;

const argv = process.argv.slice(2);
if (argv[0] === "--version" || argv[0] === "-V") {
  // `process.stdout` would cost more than everything else that happens here.
  // oxlint-disable-next-line no-console
  console.log(versionLine());
} else {
  process.exit(await main());
}

function versionLine(): string {
  if (typeof HERMES_BUILD_VERSION !== "string") return "hermes development";
  const commit = typeof HERMES_BUILD_COMMIT === "string" ? ` (${HERMES_BUILD_COMMIT})` : "";
  return `hermes ${HERMES_BUILD_VERSION}${commit}`;
}

/** Runs the command line; what it printed has been taken by the system when this resolves. */
async function main(): Promise<number> {
  const [{ createPorts }, { runCli }] = await Promise.all([
    import("./platform/ports.ts"),
    import("./cli/run_cli.ts"),
  ]);
  quietLibraries();
  // Run from its sources it is a part of Bun or Deno: what starts it again is known of the one file only.
  const isOneFile = typeof HERMES_BUILD_VERSION === "string";
  const ports = createPorts(isOneFile ? [process.execPath] : undefined);
  try {
    return await runCli(argv, ports, async (options) => {
      const { createApp } = await import("./app.ts");
      return createApp(ports, options);
    });
  } catch (error) {
    // Nothing that a user can cause gets here.
    const { bugReport } = await import("./cli/report_bug.ts");
    await ports.terminal.stderr.write(bugReport(error, ports.env));
    return 1;
  }
}

/** Drops what libraries print for programmers: it would stand unmasked in the midst of what people and programs read. */
function quietLibraries(): void {
  for (const name of ["debug", "info", "log", "warn"] as const) {
    console[name] = () => undefined;
  }
}
