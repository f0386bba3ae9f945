import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRedactor, maskForDisplay } from "../../src/core/redact.ts";

// Tokens are put together when the test runs: none stands in this file as a whole.
const BODY = "aB3dE5fG7hJ9kL2mN4pQ6rS8tUvWxYz012345678";
const SEED = { seed: 20_250_301 };

const redactor = createRedactor();

/** Text, then what `boundary` makes of it, then what `content` makes of it when that differs. */
type Case = readonly [text: string, boundary: string, content?: string];

function check(cases: readonly Case[]): void {
  const found = cases.map(([text]) => [text, redactor.boundary(text), redactor.content(text)]);
  expect(found).toEqual(
    cases.map(([text, boundary, content = boundary]) => [text, boundary, content]),
  );
}

function privateKey(kind: string, lines: readonly string[]): string {
  return [`-----BEGIN ${kind}-----`, ...lines, `-----END ${kind}-----`].join("\n");
}

describe("maskForDisplay()", () => {
  test("shows four characters at both ends, none of a short secret", () => {
    const shown = ["", "short", BODY.slice(0, 11), BODY.slice(0, 12), BODY].map(maskForDisplay);
    expect(shown).toEqual(["***", "***", "***", "aB3d...7hJ9", "aB3d...5678"]);
  });

  test("cuts no surrogate pair", () => {
    expect(maskForDisplay("🔑".repeat(12))).toBe("🔑🔑🔑🔑...🔑🔑🔑🔑");
  });
});

describe("redactor.boundary() and .content()", () => {
  test("show the ends of a secret of 18 characters or more", () => {
    check([
      [`API_KEY=${BODY.slice(0, 17)}`, "API_KEY=***"],
      [`API_KEY=${BODY.slice(0, 18)}`, "API_KEY=aB3dE5...2mN4"],
      [`API_KEY="aB3 \\" ${BODY}"`, 'API_KEY="***"'],
    ]);
  });

  test("mask assignments of the environment", () => {
    check([
      ["OPENAI_API_KEY=abc", "OPENAI_API_KEY=***"],
      ["export DB_PASSWORD='it is \"long\"' && run", "export DB_PASSWORD='***' && run"],
      ["A=1 MY_SECRET=abc; B=2", "A=1 MY_SECRET=***; B=2"],
      [
        "SECRET_ID=a1 AWS_SECRET_ACCESS_KEY=b2/+ DB_PASS=c3d4",
        "SECRET_ID=*** AWS_SECRET_ACCESS_KEY=*** DB_PASS=***",
      ],
      [
        "GOOGLE_CREDENTIALS=abc HTTP_AUTHORIZATION=def",
        "GOOGLE_CREDENTIALS=*** HTTP_AUTHORIZATION=***",
      ],
      ['$env:API_TOKEN="abc"', '$env:API_TOKEN="***"'],
      ['DATABASE_PASSWORD = "correcthorse"', 'DATABASE_PASSWORD = "***"'],
      ["POSTGRES_PASSWORD: hunter2024", "POSTGRES_PASSWORD: ***"],
      ["DB_PASSWORD=123456", "DB_PASSWORD=***"],
      [`API_KEY=${BODY.repeat(1000)}\nB=2`, "API_KEY=aB3dE5...5678\nB=2"],
      ["PASSWORD=p@ss(w$rd&more rest", "PASSWORD=*** rest"],
      [JSON.stringify("A=1\nAPI_KEY=abc\nB=2"), JSON.stringify("A=1\nAPI_KEY=***\nB=2")],
      ["\u001b[33mAPI_KEY=abc\u001b[0m", "\u001b[33mAPI_KEY=***"],
      [`API_KEY="${BODY}`, 'API_KEY="aB3dE5...5678'],
    ]);
  });

  test("mask fields of JSON and of other dumps", () => {
    const names = [
      "apiKey",
      "api_key",
      "token",
      "secret",
      "password",
      "access_token",
      "refresh_token",
      "auth_token",
      "bearer",
      "secret_value",
      "raw_secret",
      "secret_input",
      "key_material",
      "client_secret",
      "private_key",
      "OPENAI_API_KEY",
      "openai_api_key",
      "Authorization",
      "x-api-key",
      "DB_PASSWORD",
    ];
    check([
      ...names.map((name): Case => [
        JSON.stringify({ [name]: "a b", n: 1 }),
        JSON.stringify({ [name]: "***", n: 1 }),
      ]),
      ...names.map((name): Case => [`{'${name}': 'a"b', 'n': 1}`, `{'${name}': '***', 'n': 1}`]),
      [
        JSON.stringify(JSON.stringify({ token: 'a"\\b', n: 1 })),
        JSON.stringify(JSON.stringify({ token: "***", n: 1 })),
      ],
      ["{ token: 'abc123', password: 'hunter2', n: 1 }", "{ token: '***', password: '***', n: 1 }"],
      [":api_key => 'abc', 'secret' => \"def\"", ":api_key => 'abc', 'secret' => \"***\""],
      ["password: 'TOKEN=abc1defghijklmno'", "password: 'TOKEN=...lmno'"],
      ["Client(api_key='abc123', timeout=3)", "Client(api_key='***', timeout=3)"],
      [
        "aws_secret_access_key = aB3dE5fG7hJ9kL2mN4pQ6rS8tU",
        "aws_secret_access_key = aB3dE5...S8tU",
      ],
      ["Server=db;Password=Secr3t!;Encrypt=true", "Server=db;Password=***;Encrypt=true"],
      ["host=db password=hunter2 dbname=x", "host=db password=*** dbname=x"],
      ["//registry.example.com/:_authToken=abc123", "//registry.example.com/:_authToken=***"],
      ['{"token": "abc', '{"token": "***'],
    ]);
  });

  test("mask headers of credentials", () => {
    check([
      ["Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"],
      ["authorization: bearer abc123", "authorization: bearer ***"],
      ["Authorization: Bearer Zm9v", "Authorization: Bearer ***"],
      ["Authorization: ApiKey abc1", "Authorization: ApiKey ***"],
      ["Proxy-Authorization: Basic dXNlcjpwYXNz", "Proxy-Authorization: Basic ***"],
      ["Authorization: abc12345", "Authorization: ***"],
      [
        "curl -H 'X-Api-Key: abc123' -H \"Private-Token: def456\"",
        "curl -H 'X-Api-Key: ***' -H \"Private-Token: ***\"",
      ],
      ["api-key: abc123\r\nx-vault-token: def456\r\n", "api-key: ***\r\nx-vault-token: ***\r\n"],
      [
        "{'Authorization': 'Basic dXNlcjpwYXNz', 'x-api-key': 'abc'}",
        "{'Authorization': 'Basic ***', 'x-api-key': '***'}",
      ],
      [
        "map[Authorization:[Bearer abc1] Accept:[*/*]]",
        "map[Authorization:[Bearer ***] Accept:[*/*]]",
      ],
      [`sent Bearer ${BODY} and failed`, "sent Bearer aB3dE5...5678 and failed"],
      [`["authorization", "Basic ${BODY}"]`, '["authorization", "Basic aB3dE5...5678"]'],
      ["Cookie: sid=abc; theme=dark\nHost: x", "Cookie: ***\nHost: x"],
      ["set-cookie: sid=abc; Path=/", "set-cookie: ***"],
    ]);
  });

  test("mask arguments of commands", () => {
    check([
      ["tool --api-key abc123 --verbose", "tool --api-key *** --verbose"],
      ["tool --password=hunter --token 'a b1' x", "tool --password=*** --token 'a b1' x"],
      ["spawnargs: [ 'tool', '--token', 'abc123' ]", "spawnargs: [ 'tool', '--token', '***' ]"],
      ["tool --token --name2 abc123", "tool --token --name2 abc123"],
      ["java -Ddb.password=abc123 Main", "java -Ddb.password=*** Main"],
    ]);
  });

  test("mask the passwords of connection URLs", () => {
    check([
      ["redis://:pw@host:6379/0", "redis://:***@host:6379/0"],
      ["postgres://user:p@ss@host/db?x=a@b", "postgres://user:***@host/db?x=a@b"],
      ["mysql://user:p/w?d@host/db", "mysql://user:***@host/db"],
      [
        "mongodb+srv://u:pw@a.example.com,b.example.com/db",
        "mongodb+srv://u:***@a.example.com,b.example.com/db",
      ],
      ["amqps://u:12345@host/vhost", "amqps://u:***@host/vhost"],
      ["postgresql://u:a@h1/d redis://:b@h2", "postgresql://u:***@h1/d redis://:***@h2"],
      [
        "postgres://host:5432/db@1 postgres://user@host/db",
        "postgres://host:5432/db@1 postgres://user@host/db",
      ],
      ["https://hooks.slack.com/services/T0/B0/abcdefghij", "https://hooks.slack.com/services/***"],
    ]);
  });

  test("mask the credentials of web URLs at the boundary only: a stored link must keep working", () => {
    const names = [
      "access_token",
      "refresh_token",
      "id_token",
      "token",
      "api_key",
      "apikey",
      "client_secret",
      "password",
      "auth",
      "jwt",
      "session",
      "secret",
      "key",
      "code",
      "signature",
      "x-amz-signature",
      "X-Amz-Signature",
    ];
    check([
      ...names.flatMap((name): readonly Case[] => {
        const [query, fragment] = [
          `https://example.com/a?x=1&${name}=abc`,
          `https://example.com/a#${name}=abc&x=1`,
        ];
        return [
          [query, query.replace("=abc", "=***"), query],
          [fragment, fragment.replace("=abc", "=***"), fragment],
        ];
      }),
      [
        "https://user:p@ss@example.com/a",
        "https://***@example.com/a",
        "https://user:p@ss@example.com/a",
      ],
      [
        "https://abc123@example.com/a.git",
        "https://***@example.com/a.git",
        "https://abc123@example.com/a.git",
      ],
      [
        "(see https://example.com/?code=abc).",
        "(see https://example.com/?code=***).",
        "(see https://example.com/?code=abc).",
      ],
      [
        "GET /callback?code=abc&state=x HTTP/1.1",
        "GET /callback?code=***&state=x HTTP/1.1",
        "GET /callback?code=abc&state=x HTTP/1.1",
      ],
      ["href='/a?x=1&amp;token=abc'", "href='/a?x=1&amp;token=***'", "href='/a?x=1&amp;token=abc'"],
      [
        "to=%2Fa%3Ftoken%3Dabc%26x%3D1",
        "to=%2Fa%3Ftoken%3D***%26x%3D1",
        "to=%2Fa%3Ftoken%3Dabc%26x%3D1",
      ],
      [
        '"https://example.com/?x=1\\u0026token=abc"',
        '"https://example.com/?x=1\\u0026token=***"',
        '"https://example.com/?x=1\\u0026token=abc"',
      ],
    ]);
  });

  test("mask forms that are the whole text", () => {
    check([
      ["code=abc&grant_type=x&client_secret=a%26b", "code=***&grant_type=x&client_secret=***"],
      ["code=abc", "code=abc"],
    ]);
  });

  test("mask Telegram tokens and phone numbers, and leave mentions", () => {
    check([
      [
        `https://api.telegram.org/bot123456789:AA${BODY}/getMe`,
        "https://api.telegram.org/bot123456789:***/getMe",
      ],
      [`123456789:AA${BODY}`, "123456789:***"],
      ["call +15551234567, +1234567", "call +155****4567, +1****67"],
      [
        "+1555123456789012 +123456 +15551234567x 5+15551234567",
        "+1555123456789012 +123456 +15551234567x 5+15551234567",
      ],
      ["<@123456789012345678>", "<@123456789012345678>"],
    ]);
  });

  test("mask private keys as blocks, also when they were cut", () => {
    const lines = [BODY, BODY, "abc="];
    const kinds = [
      "PRIVATE KEY",
      "RSA PRIVATE KEY",
      "OPENSSH PRIVATE KEY",
      "ENCRYPTED PRIVATE KEY",
      "PGP PRIVATE KEY BLOCK",
    ];
    const mask = "[REDACTED PRIVATE KEY]";
    const [begin, ...rest] = privateKey("PRIVATE KEY", lines).split("\n");
    check([
      ...kinds.map((kind): Case => [`a\n${privateKey(kind, lines)}\nb`, `a\n${mask}\nb`]),
      [JSON.stringify({ key: privateKey("EC PRIVATE KEY", lines) }), JSON.stringify({ key: mask })],
      [
        `TLS_PRIVATE_KEY="${privateKey("PRIVATE KEY", lines)}"\nA=1`,
        `TLS_PRIVATE_KEY="${mask}"\nA=1`,
      ],
      [`${begin}\n${lines.join("\n")}`, mask],
      [`a: line\n${rest.join("\n")}\nb`, `a: line\n${mask}\nb`],
      [
        "a list\nof words\n-----END PRIVATE KEY-----",
        "a list\nof words\n-----END PRIVATE KEY-----",
      ],
      [`find ${begin} in\n${privateKey("PRIVATE KEY", lines)}`, `find ${begin} in\n${mask}`],
    ]);
  });

  test("read every line of a text for itself", () => {
    const line = fc.constantFrom(
      "x API_KEY=abc",
      "x ok",
      "x 'token': 'a",
      `x sk-${BODY}`,
      "x a=1 +15551234567",
      "x {",
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const expected = lines.map((text) => redactor.boundary(text)).join("\n");
        expect(redactor.boundary(lines.join("\n"))).toBe(expected);
      }),
      SEED,
    );
  });
});

describe("createRedactor({ enabled: false })", () => {
  test("masks what looks like a secret at the boundary only, and its own secrets always", () => {
    const off = createRedactor({ enabled: false, secrets: ["live-secret"] });
    const text = "API_KEY=abc live-secret";
    expect([off.boundary(text), off.content(text)]).toEqual(["API_KEY=*** ***", "API_KEY=abc ***"]);
  });
});

describe("redactor.addSecret()", () => {
  const secret = "live/secret+with=odd?char's \"é";
  const utf8 = (text: string): string => String.fromCharCode(...new TextEncoder().encode(text));

  test("masks a secret in every encoding, wherever it stands", () => {
    const live = createRedactor({ enabled: false });
    live.addSecret(secret);
    const forms = [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeURIComponent(secret),
      encodeURIComponent(secret).toLowerCase(),
      new URLSearchParams({ a: secret }).toString().slice(2),
      btoa(utf8(secret)),
      btoa(utf8(secret)).replaceAll("=", ""),
      btoa(utf8(secret)).replaceAll("+", "-").replaceAll("/", "_"),
    ];
    for (const form of forms) {
      const mask = /["'\s]/.test(form.slice(0, 6) + form.slice(-4))
        ? "***"
        : `${form.slice(0, 6)}...${form.slice(-4)}`;
      expect(live.content(`<${form}>${form}<`)).toBe(`<${mask}>${mask}<`);
    }
  });

  test("masks a secret inside something longer that is encoded as base64", () => {
    const live = createRedactor({ secrets: [secret] });
    for (const before of ["", "a", "ab", "abc"]) {
      for (const after of ["", "x", "xy", "xyz"]) {
        const hidden = live.content(btoa(before + utf8(secret) + after));
        expect(hidden).toContain("...");
        expect(hidden.length).toBeLessThan(13 + 12);
      }
    }
  });

  test("masks the longest of overlapping secrets and ignores placeholders", () => {
    const live = createRedactor({
      enabled: false,
      secrets: ["abcdefgh", "abcdefgh-ijklmnopqrst", "none", "", "  "],
    });
    expect(live.content("abcdefgh-ijklmnopqrst abcdefgh none  ")).toBe("abcdef...qrst *** none  ");
  });

  test("never lets a secret through", () => {
    const secrets = fc
      .string({ minLength: 8, maxLength: 60, unit: "grapheme" })
      .filter((text) => text.trim().length >= 8);
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (text, before, after) => {
        const live = createRedactor({ enabled: false, secrets: [text] });
        for (const form of [
          text.trim(),
          encodeURIComponent(text.trim()),
          btoa(utf8(text.trim())),
        ]) {
          if (form === "***" || /^\*+$/.test(form)) continue;
          expect(live.content(`${before}${form}${after}`)).not.toContain(form);
        }
      }),
      SEED,
    );
  });

  test("keeps redactors apart", () => {
    createRedactor({ secrets: ["live-secret"] });
    expect(redactor.boundary("live-secret")).toBe("live-secret");
  });
});

describe("redaction of any text", () => {
  const fragment = fc.oneof(
    fc.constantFrom(
      "API_KEY=",
      "TOKEN",
      "token",
      "password",
      "Authorization",
      "x-api-key",
      "cookie",
      "code",
      "key",
      "secret",
      "--token ",
      "--api-key=",
      "Bearer ",
      "Basic ",
      "=",
      ":",
      ": ",
      " = ",
      "=>",
      "%3D",
      "%26",
      "?",
      "&",
      "#",
      "&amp;",
      '"',
      "'",
      "`",
      "\\",
      '\\"',
      "\\n",
      "\n",
      " ",
      ",",
      ";",
      ".",
      "...",
      "***",
      "[",
      "]",
      "(",
      ")",
      "{",
      "}",
      "<",
      "@",
      "://",
      "https://",
      "redis://:",
      "u:p@",
      "/",
      "+1555123",
      "4567",
      "123456789:",
      "sk-",
      "hf_",
      "SG.",
      "eyJ",
      "AKIA",
      "ghp_",
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "\u001b[31m",
      "\ud83d",
      "\udd11",
      "🔑",
      BODY,
      BODY.slice(0, 12),
      "abc",
      "a1b2c3",
      "ABCDEFGH23456789",
      "[REDACTED PRIVATE KEY]",
      "live-secret-0123456789",
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(fragment, { maxLength: 24 }).map((parts) => parts.join(""));
  const live = createRedactor({ secrets: ["live-secret-0123456789"] });

  test("changes nothing the second time", () => {
    fc.assert(
      fc.property(text, (input) => {
        for (const strength of ["boundary", "content"] as const) {
          const once = live[strength](input);
          expect(live[strength](once)).toBe(once);
        }
      }),
      { ...SEED, numRuns: 5_000 },
    );
  });

  test("changes nothing the second time when one mask makes way for another", () => {
    for (const input of ["Bearer  = ((-(0u:p@API_KEY=#", "API_KEY=A(API_KEY=)#"]) {
      const once = redactor.boundary(input);
      expect(redactor.boundary(once)).toBe(once);
    }
  });

  test("cuts no surrogate pair", () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(live.boundary(input.toWellFormed()).isWellFormed()).toBe(true);
      }),
      { ...SEED, numRuns: 2_000 },
    );
  });

  test("ends soon on texts made to be slow", () => {
    const units = [
      "a",
      "0",
      "=",
      "\\",
      '"',
      "://",
      "redis://a:",
      "http://a@",
      "?token=",
      "token",
      "token=",
      "token: ",
      "TOKEN=${",
      'TOKEN=\\"',
      '"token":"${',
      "--token ",
      "sk-",
      "SG.aaaaaaaaaa.",
      "eyJaaaaaaaaaa..",
      "12345678:",
      "+1234567",
      "Authorization: Bearer ",
      "cookie: a=",
      "-----BEGIN PRIVATE KEY-----",
      "-----END PRIVATE KEY-----",
      "M",
      "A".repeat(64) + "\n",
      "%26token%3D",
      "[31m",
      "\ud800",
      "🔑",
    ];
    for (const unit of units) {
      const input = unit.repeat(Math.ceil(200_000 / unit.length));
      const once = redactor.boundary(input);
      expect(redactor.boundary(once)).toBe(once);
    }
  });
});
