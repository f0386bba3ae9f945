import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** An authority that nobody trusts by itself, and a certificate of it. The files are removed in the end. */
export interface TestAuthority extends AsyncDisposable {
  /** Its own certificate as a PEM file, for `NODE_EXTRA_CA_CERTS`. */
  readonly file: string;
  /** PEM texts of the certificate for the hosts. */
  readonly certificate: string;
  readonly key: string;
}

const openssl = promisify(execFile);

/** Makes an authority and one certificate for all `hosts` with the `openssl` program; valid from now for two days. */
export async function createTestAuthority(hosts: readonly string[]): Promise<TestAuthority> {
  const directory = await mkdtemp(join(tmpdir(), "hermes-authority-"));
  const path = (name: string): string => join(directory, name);
  const request = (name: string, rest: readonly string[]): Promise<unknown> =>
    openssl("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-days", "2", "-keyout", path(`${name}.key`), "-out", path(`${name}.pem`), ...rest],
    ]);
  await request("authority", ["-subj", "/CN=Test authority"]);
  await request("leaf", [
    ...["-CA", path("authority.pem"), "-CAkey", path("authority.key"), "-subj", "/CN=Test server"],
    ...["-addext", `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`],
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ]);
  return {
    file: path("authority.pem"),
    certificate: await readFile(path("leaf.pem"), "utf8"),
    key: await readFile(path("leaf.key"), "utf8"),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}
