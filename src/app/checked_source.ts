import { missingCredential, type ResolvedModel } from "../config/resolve_endpoint.ts";
import type { CredentialRequest, CredentialSource } from "../core/credential.ts";

/**
 * The credentials of an endpoint that has one to begin with. What there is to tell of that one, such as that it is another
 * account's, comes again with the first that is sent: who only looked has told nobody.
 * @throws {HermesError} `auth/missing`, and what the source throws
 */
export async function checkedSource(
  source: CredentialSource,
  resolved: ResolvedModel,
  request?: CredentialRequest,
): Promise<CredentialSource> {
  const first = await source.get(resolved.endpoint.provider, request);
  if (!first) throw missingCredential(resolved);
  let { notice } = first;
  return {
    release: () => source.release?.(),
    hasOther: async (...asked) => (await source.hasOther?.(...asked)) ?? false,
    async get(provider, asked) {
      const credential = await source.get(provider, asked);
      if (!credential || notice === undefined) return credential;
      const untold = notice;
      notice = undefined;
      return credential.notice === undefined ? { ...credential, notice: untold } : credential;
    },
  };
}
