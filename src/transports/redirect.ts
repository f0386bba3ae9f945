import { HermesError } from "../core/errors.ts";
import { shownUrl } from "./shown_url.ts";

/** The failure that a redirect is: following it would carry the key elsewhere. Undefined for any other answer. */
export function redirectError(url: string, response: Response): HermesError | undefined {
  const { status, headers } = response;
  if (status < 300 || status >= 400) return undefined;
  const location = headers.get("location") ?? "";
  const target = URL.canParse(location, url) ? shownUrl(new URL(location, url)) : "nowhere";
  return new HermesError("stream/invalid", `${url} redirects to another address: ${target}`, {
    hint: "set the endpoint's own address: hermes config set model.base_url URL",
    httpStatus: status,
  });
}
