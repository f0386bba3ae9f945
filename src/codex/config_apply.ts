/**
 * Makes a plan true. The text is edited here, whether codex runs or not: `config/batchWrite` of codex rewrites a file
 * with a byte order mark, with CRLF, without a last line break or with an inline table, while an edit by places leaves
 * every byte of the user's as it is, for whatever codex itself can read. Codex is the judge instead of the writer: it
 * has to take the text in a home of its own before it is put in place, and once more when it is there; else the old text
 * comes back. So a process that is killed leaves nothing behind that codex has not accepted, with one exception: a file
 * that names others beside it (`model_instructions_file`) can only be judged in place.
 */
import { dirname, join } from "node:path/posix";
import { HermesError } from "../core/errors.ts";
import type { JsonObject } from "../core/json.ts";
import type { FileStore } from "../core/ports.ts";
import { busy, leftInPlace, wouldBreak, writingIn } from "./apply_failures.ts";
import {
  complaintOfHome,
  complaintOfText,
  type ConfigCheckDeps,
  type Judge,
} from "./config_check.ts";
import {
  type MigrationPlan,
  type OwnedEntry,
  planMigration,
  presentServers,
} from "./config_plan.ts";
import {
  type ConfigPlace,
  decodeConfig,
  readConfig,
  refuseReadOnly,
  replaceIfSame,
} from "./config_file.ts";
import { type ChangedText, changeText } from "./config_text.ts";
import { findLegacyBlock, type LegacyServer } from "./legacy_blocks.ts";
import {
  type HomeRecord,
  type MigrationRecord,
  readRecord,
  writeRecord,
} from "./migration_record.ts";
import { jsonOf, recordAfter, withBoth, withoutFinalBreak } from "./record_after.ts";
import { fingerprint, parseToml, tableAt, type TomlTree } from "./toml_tree.ts";

export interface ConfigApplyDeps extends ConfigCheckDeps {
  readonly files: FileStore;
}

/** What to write where. */
export interface MigrationRequest extends ConfigPlace {
  /** Where it is recorded what was written. */
  readonly recordFile: string;
  /** Entries of `mcp_servers`; none to take all of ours away. */
  readonly desired: ReadonlyMap<string, JsonObject>;
  /** The servers that are configured, to know what an older hermes wrote for them. */
  readonly configured: ReadonlyMap<string, LegacyServer>;
  /** The codex that has to accept it; undefined where there is none on this machine. */
  readonly judge: Judge | undefined;
  readonly isDryRun: boolean;
}

/** What was done, or would be. */
export interface MigrationResult {
  /** The `config.toml`, as it is named. */
  readonly file: string;
  readonly plan: MigrationPlan;
  /** Undefined where there is no file. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  readonly isChanged: boolean;
  /** Whether codex accepted it. */
  readonly isChecked: boolean;
  /** `name@marketplace` of the plugins that are switched on or off in the file: they are left as they are. */
  readonly plugins: readonly string[];
}

/** Attempts when somebody else writes at the same time. */
const maxAttempts = 5;

/**
 * Brings a `config.toml` to what is wanted, or tells what that would be. Of writers at the same moment none loses
 * anything: hermes's own wait for one another, what codex writes meanwhile is read again.
 * @throws {HermesError} `codex/config_invalid` with line and column (the file is as it was), `codex/silent`,
 *   `store/unreadable`, `store/invalid`, `config/unreadable`, `file/unwritable`
 */
export async function applyMigration(
  deps: ConfigApplyDeps,
  request: MigrationRequest,
): Promise<MigrationResult> {
  const { files } = deps;
  const { codexHome, recordFile, isDryRun } = request;
  const recordHome = dirname(recordFile);
  const planned = await prepare(deps, request);
  // Nothing is made, not even a lock, for what changes nothing or is refused.
  if (isDryRun || (!planned.result.isChanged && !planned.isNews)) return planned.result;
  return await writingIn(recordHome, async () => {
    await files.makeDirectory(recordHome, { mode: 0o700 });
    return await files.withLock(`${recordFile}.lock`, () =>
      writingIn(codexHome, async () => {
        if (request.isDefaultHome) await files.makeDirectory(codexHome, { mode: 0o700 });
        return await files.withLock(join(codexHome, ".hermes.lock"), async () => {
          for (let attempt = 1; ; attempt++) {
            const result = await commit(deps, request, await prepare(deps, request));
            if (result !== undefined) return result;
            if (attempt === maxAttempts) throw busy(join(codexHome, "config.toml"));
          }
        });
      }),
    );
  });
}

/** A plan with the text that it leads to, accepted by codex. */
interface Prepared {
  readonly result: MigrationResult;
  readonly bytes: Uint8Array | undefined;
  readonly records: MigrationRecord;
  /** What is to be recorded when it is done; undefined where nothing of ours is there. */
  readonly record: HomeRecord | undefined;
  /** Whether that is something else than what is recorded. */
  readonly isNews: boolean;
  readonly key: string;
}

async function prepare(deps: ConfigApplyDeps, request: MigrationRequest): Promise<Prepared> {
  const { files } = deps;
  const { codexHome, judge } = request;
  const file = join(codexHome, "config.toml");
  const records = await readRecord(files, request.recordFile);
  const key = await files.realPath(codexHome).catch(() => codexHome);
  const known = records.get(key);
  const bytes = await readConfig(files, request);
  const before = bytes === undefined ? undefined : decodeConfig(bytes, file);
  const text = before ?? "";
  const old = await judgedAsItIs(deps, request, before);
  const { tree, hashes, plan, changed } = await planText(request, { text, file, known }).catch(
    (error: unknown) => {
      // Codex has told what is wrong, and where.
      throw old.refusal ?? error;
    },
  );
  const record = await recordAfter({
    desired: request.desired,
    plan,
    known,
    text,
    before,
    changed,
    hashes,
  });
  const isEmpty = record === undefined && known?.isCreated === true && changed.text === "";
  const restored =
    record === undefined && known ? await withoutFinalBreak(changed.text, known) : changed.text;
  const after = isEmpty || (before === undefined && restored === "") ? undefined : restored;
  const isChanged = after !== before;
  if (isChanged) await refuseReadOnly(files, request);
  if (judge !== undefined && old.isByItself && isChanged && after !== undefined) {
    const complaint = await complaintOfText(deps, judge, { text: after, file });
    if (complaint !== undefined) throw old.refusal ?? wouldBreak(complaint, file);
  } else if (old.refusal && !isChanged) throw old.refusal;
  return {
    result: {
      file,
      plan,
      before,
      after,
      isChanged,
      isChecked: judge !== undefined && old.isByItself,
      plugins: Object.keys(tableAt(tree, "plugins") ?? {}),
    },
    bytes,
    records,
    record,
    isNews: jsonOf(record) !== jsonOf(known),
    key,
  };
}

interface PlannedText {
  readonly tree: TomlTree;
  readonly hashes: ReadonlyMap<string, string>;
  readonly plan: MigrationPlan;
  readonly changed: ChangedText;
}

/** What becomes of a text. @throws {HermesError} `codex/config_invalid` */
async function planText(
  { desired, configured }: MigrationRequest,
  {
    text,
    file,
    known,
  }: { readonly text: string; readonly file: string; readonly known: HomeRecord | undefined },
): Promise<PlannedText> {
  const tree = parseToml(text, file);
  checkShape(tree, file);
  const hashes = await hashAll(presentServers(tree));
  const plan = planMigration({
    tree,
    desired,
    owned: known?.servers ?? new Map<string, OwnedEntry>(),
    hashes,
    legacy: findLegacyBlock(text, tree, configured),
  });
  return { tree, hashes, plan, changed: changeText(text, plan.changes, file) };
}

/** Writes what was prepared; undefined when the file is another one by now. */
async function commit(
  deps: ConfigApplyDeps,
  request: MigrationRequest,
  { result, bytes, records, record, key }: Prepared,
): Promise<MigrationResult | undefined> {
  const { files } = deps;
  const { recordFile, judge } = request;
  const { file, after } = result;
  const keep = (all: MigrationRecord): Promise<void> =>
    writingIn(dirname(recordFile), () => writeRecord(files, recordFile, all));
  if (result.isChanged) {
    // Recorded first: what a killed process has written must not count as somebody else's.
    const both = withBoth(records.get(key), record);
    if (both) await keep(new Map([...records, [key, both]]));
    if (!(await replaceIfSame(files, request, { before: bytes, after }))) {
      // The next attempt must not take what was read for what there was before all of ours.
      if (both) await keep(records);
      return undefined;
    }
    try {
      const complaint = judge && (await complaintOfHome(deps, judge, request.codexHome));
      if (complaint !== undefined) throw wouldBreak(complaint, file);
    } catch (error) {
      // Nor does a text stay that codex says nothing of.
      const written = after === undefined ? undefined : new TextEncoder().encode(after);
      const isBack = await replaceIfSame(files, request, { before: written, after: bytes });
      if (!isBack) throw leftInPlace(error, file);
      await keep(records);
      throw error;
    }
  }
  const rest = [...records].filter(([home]) => home !== key);
  await keep(new Map(record ? [...rest, [key, record]] : rest));
  return result;
}

/** What codex says of the file before anything is changed. */
interface OldVerdict {
  /** Whether it is judged without the other files of its home as well as with them. */
  readonly isByItself: boolean;
  /** Why codex does not take it. It is thrown unless the change mends it: a later codex may refuse what we wrote. */
  readonly refusal?: HermesError;
}

async function judgedAsItIs(
  deps: ConfigApplyDeps,
  { codexHome, judge }: MigrationRequest,
  text: string | undefined,
): Promise<OldVerdict> {
  if (!judge || text === undefined) return { isByItself: true };
  const file = join(codexHome, "config.toml");
  if ((await complaintOfText(deps, judge, { text, file })) === undefined) {
    return { isByItself: true };
  }
  const complaint = await complaintOfHome(deps, judge, codexHome);
  if (complaint === undefined) return { isByItself: false };
  const refusal = new HermesError(
    "codex/config_invalid",
    `codex does not accept its configuration as it is, nothing was changed: ${complaint}`,
    { hint: `correct ${file}, then try again` },
  );
  return { isByItself: true, refusal };
}

async function hashAll(
  entries: ReadonlyMap<string, JsonObject>,
): Promise<ReadonlyMap<string, string>> {
  const pairs = [...entries].map(
    async ([name, value]) => [name, await fingerprint(value)] as const,
  );
  return new Map(await Promise.all(pairs));
}

/** @throws {HermesError} where `mcp_servers` is no table: there is no place for a server then */
function checkShape(tree: TomlTree, file: string): void {
  if (!Object.hasOwn(tree, "mcp_servers") || tableAt(tree, "mcp_servers")) return;
  throw new HermesError("codex/config_invalid", `${file}: mcp_servers is no table`, {
    hint: "correct it, then try again",
  });
}
