/** What was written into which `config.toml`: the one thing that tells ours from everybody else's. */
import * as z from "zod";
import { errnoOf, HermesError } from "../core/errors.ts";
import type { FileStore } from "../core/ports.ts";
import type { OwnedEntry } from "./config_plan.ts";

/** What is recorded of one CODEX_HOME. */
export interface HomeRecord {
  /** By server. */
  readonly servers: ReadonlyMap<string, OwnedEntry>;
  /** There was no `config.toml` before. */
  readonly isCreated: boolean;
  /** The line break that was put behind the last line of the user's; empty where there was one. */
  readonly finalBreak: string;
  /** SHA-256 of the text before anything of ours was in it: whether taking ours away has to bring it back. */
  readonly original: string;
}

/** By the real path of CODEX_HOME. */
export type MigrationRecord = ReadonlyMap<string, HomeRecord>;

const fileSchema = z.strictObject({
  version: z.literal(1),
  homes: z.record(
    z.string(),
    z.strictObject({
      created: z.boolean(),
      final_break: z.enum(["", "\n", "\r\n"]),
      original: z.string(),
      servers: z.record(
        z.string(),
        z.strictObject({ hashes: z.array(z.string()), lead: z.enum(["", "\n", "\r\n"]) }),
      ),
    }),
  ),
});

/**
 * The record of a home of ours; empty where there is none.
 * @throws {HermesError} `store/unreadable` with the errno, `store/invalid` for what this version does not understand
 */
export async function readRecord(
  files: Pick<FileStore, "readText">,
  file: string,
): Promise<MigrationRecord> {
  const text = await files.readText(file).catch((error: unknown) => {
    if (errnoOf(error) === "ENOENT") return undefined;
    throw new HermesError(
      "store/unreadable",
      `Could not read ${file}: ${errnoOf(error) ?? "unknown reason"}`,
      { cause: error, hint: `look at its owner and mode: ls -l ${file}` },
    );
  });
  if (text === undefined) return new Map();
  const parsed = fileSchema.safeParse(jsonOf(text));
  if (!parsed.success) {
    const version = z.object({ version: z.number().gt(1) }).safeParse(jsonOf(text));
    throw new HermesError(
      "store/invalid",
      version.success
        ? `${file} was written by a newer hermes (version ${version.data.version}): nothing was changed`
        : `${file} cannot be understood, nothing was changed`,
      {
        cause: parsed.error,
        hint: version.success
          ? "use that hermes"
          : `move it away: then what it wrote into config.toml counts as yours: mv ${file} ${file}.old`,
      },
    );
  }
  return new Map(
    Object.entries(parsed.data.homes).map(([home, each]) => [
      home,
      {
        servers: new Map(Object.entries(each.servers)),
        isCreated: each.created,
        finalBreak: each.final_break,
        original: each.original,
      },
    ]),
  );
}

/** Writes it, for its owner alone. @throws the operating system's error */
export async function writeRecord(
  files: Pick<FileStore, "replaceFile">,
  file: string,
  record: MigrationRecord,
): Promise<void> {
  const homes = Object.fromEntries(
    [...record].map(([home, { servers, isCreated, finalBreak, original }]) => [
      home,
      {
        created: isCreated,
        final_break: finalBreak,
        original,
        servers: Object.fromEntries(servers),
      },
    ]),
  );
  const text = `${JSON.stringify({ version: 1, homes }, undefined, 2)}\n`;
  await files.replaceFile(file, text, { mode: 0o600, isModeFixed: true });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
