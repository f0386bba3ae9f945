import { jsonAnswer } from "./faults.ts";
import { type GrantBook, issuers } from "./grant_book.ts";
import { firstFault, formOf, granted, type Handle } from "./identity_forms.ts";

/** OpenAI's side of signing in with a device code. */
export interface OpenaiIdentity {
  readonly usercode: Handle;
  readonly poll: Handle;
  readonly token: Handle;
  /** A person types the code and signs in. Throws where the code is none. */
  confirmDevice(userCode: string, email: string): void;
}

interface Device {
  readonly userCode: string;
  /** Who confirmed it. */
  email?: string;
  code?: string;
  verifier?: string;
}

const { issuer, clientId } = issuers["openai-codex"];

/** Starts with nobody signed in; `pollSeconds` is how long a program is told to wait between its questions. */
export function createOpenaiIdentity(book: GrantBook, pollSeconds: number): OpenaiIdentity {
  /** By device id. */
  const devices = new Map<string, Device>();

  const find = (matches: (device: Device) => boolean): Device | undefined =>
    [...devices.values()].find(matches);

  function exchange(form: URLSearchParams): Response {
    const code = form.get("code");
    const device = find((each) => each.code === code && code !== null);
    if (device?.email === undefined) return refused(400, "invalid_grant", "The code is unknown");
    delete device.code;
    const fault = firstFault([
      ["redirect_uri", form.get("redirect_uri") === `${issuer}/deviceauth/callback`],
      ["code_verifier", form.get("code_verifier") === device.verifier],
    ]);
    if (fault !== undefined) return refused(400, "invalid_grant", `Wrong ${fault}`);
    return granted(book.open({ vendor: "openai-codex", email: device.email }));
  }

  function renew(form: URLSearchParams): Response {
    const tokens = book.rotate("openai-codex", form.get("refresh_token") ?? "");
    if (typeof tokens !== "string") return granted(tokens);
    if (tokens === "reused") {
      return refused(401, "refresh_token_reused", "Your refresh token was used before");
    }
    return refused(401, "invalid_grant", `Your refresh token is ${tokens}`);
  }

  return {
    usercode(request) {
      if (formOf(request).get("client_id") !== clientId) {
        return refused(400, "invalid_client", "Wrong client_id");
      }
      const number = devices.size + 1;
      const id = book.secret();
      const userCode = `ABCD-${String(number).padStart(5, "0")}`;
      devices.set(id, { userCode });
      // The server says the number as a string.
      const interval = String(pollSeconds);
      return jsonAnswer(200, { device_auth_id: id, user_code: userCode, interval });
    },
    poll(request) {
      const form = formOf(request);
      const device = devices.get(form.get("device_auth_id") ?? "");
      if (device?.userCode !== form.get("user_code")) {
        return refused(404, "deviceauth_unknown", "No such device");
      }
      if (device.email === undefined) {
        return refused(403, "deviceauth_authorization_pending", "Not confirmed yet");
      }
      if (device.verifier !== undefined) return refused(404, "deviceauth_used", "Used before");
      device.code = book.secret();
      device.verifier = book.secret();
      return jsonAnswer(200, {
        authorization_code: device.code,
        code_verifier: device.verifier,
        code_challenge: "unused",
      });
    },
    token(request) {
      const form = formOf(request);
      if (form.get("client_id") !== clientId) {
        return refused(401, "invalid_client", "Wrong client_id");
      }
      if (form.get("grant_type") === "authorization_code") return exchange(form);
      if (form.get("grant_type") === "refresh_token") return renew(form);
      return refused(400, "unsupported_grant_type", "Wrong grant_type");
    },
    confirmDevice(userCode, email) {
      const device = find((each) => each.userCode === userCode);
      if (!device) throw new TypeError(`No such code: ${userCode}`);
      device.email = email;
    },
  };
}

function refused(status: number, code: string, message: string): Response {
  return jsonAnswer(status, { error: { message, type: "invalid_request_error", code } });
}
