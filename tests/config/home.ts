import type { FileStat } from "../../src/core/ports.ts";

/** The files of a home, in memory: text, bytes, or the errno of reading it. */
export type HomeContents = Readonly<
  Record<string, string | Uint8Array | { readonly errno: string } | Partial<FileStat>>
>;

export const paths = {
  configFile: "/home/ada/.hermes/config.yaml",
  envFile: "/home/ada/.hermes/.env",
};

/** The two calls with which a configuration is read. */
export interface HomeFiles {
  stat(path: string): Promise<FileStat | undefined>;
  readBytes(path: string): Promise<Uint8Array>;
}

/** A home with these files and nothing else, each of mode 0600. */
export function homeOf(contents: HomeContents): HomeFiles {
  const bytesOf = (path: string): Uint8Array => {
    const found = contents[path];
    if (typeof found === "string") return new TextEncoder().encode(found);
    if (found instanceof Uint8Array) return found;
    const errno = found && "errno" in found ? found.errno : "ENOENT";
    throw Object.assign(new Error(`${errno}: ${path}`), { code: errno });
  };
  return {
    async stat(path) {
      const found = contents[path];
      if (found === undefined) return undefined;
      const plain = { kind: "file", size: 0, mode: 0o600, modifiedAt: 0, owner: 0 } as const;
      if (typeof found === "string" || found instanceof Uint8Array) {
        return { ...plain, size: bytesOf(path).length };
      }
      if ("errno" in found) throw Object.assign(new Error(found.errno), { code: found.errno });
      return { ...plain, ...found };
    },
    readBytes: async (path) => bytesOf(path),
  };
}
