import type { Threat } from "./threat.ts";
import { hiddenTextOf, invisibleThreats, visibleText } from "./threat_unicode.ts";

/**
 * What in a text is written to steer the model or to carry secrets off. For text that gets into a prompt by itself
 * (memory entries, skills, files of a project), where a false alarm costs more than it does in a tool's result: it looks
 * for what no honest note says, not for every word that an attack may use. Linear in the text; each threat once.
 */
export function scanThreats(text: string): readonly Threat[] {
  const visible = visibleText(text);
  const flat = visible.replace(/[\s*_>#"“”]+/g, " ");
  const lines = visible.replace(/\\\n/g, " ").split("\n");
  return [
    ...invisibleThreats(text),
    ...injectionRules.filter(([, pattern]) => pattern.test(flat)).map(([what]) => injection(what)),
    ...(hiddenTextOf(visible).some((hidden) => addressesModel.test(hidden.replace(/\s+/g, " ")))
      ? [injection("instructions to the model inside a comment or an element that is not shown")]
      : []),
    ...exfiltrationRules
      .filter(([, isMeant]) => lines.some(isMeant))
      .map(([what]): Threat => ({ kind: "exfiltration", what })),
  ];
}

const injection = (what: string): Threat => ({ kind: "injection", what });

// All repetitions are bounded: no text makes them slow. `flat` has one space where the text has any white space or emphasis.
const words = (most: number): string => String.raw`(?:[\w'’,-]{1,30} ){0,${most}}`;
const notNegated = String.raw`(?<!\b(?:not|never|cannot|don't|don’t) (?:ever |simply |just )?)`;
const lasting = "previous|prior|above|earlier|preceding|foregoing|former|original|initial|your";
const orders = "instructions?|prompts?|directives?|guidelines|directions|programming|constraints";

const rule = (what: string, pattern: string): readonly [string, RegExp] => [
  what,
  new RegExp(pattern, "u"),
];

const injectionRules: readonly (readonly [what: string, pattern: RegExp])[] = [
  rule(
    "asks to set aside the instructions that hold",
    String.raw`${notNegated}\b(?:ignore|disregard|forget|discard) ` +
      String.raw`(?:${words(3)}(?:${lasting}) ${words(2)}(?:${orders}|rules)` +
      String.raw`|(?:all|any|every|the|all the|all of the) (?:instructions?|directives?|system prompts?|system messages?)` +
      String.raw`|everything ${words(2)}(?:above|before|told|said))\b` +
      String.raw`|${notNegated}\b(?:override|bypass|violate|circumvent) ${words(2)}(?:your|previous|prior|above) ` +
      String.raw`${words(2)}(?:${orders}|safety|rules)\b`,
  ),
  rule(
    "gives the model another role",
    String.raw`\byou are now ${words(3)}(?:dan|jailbroken|unrestricted|unfiltered|uncensored|unbound|evil)\b` +
      String.raw`|\byou are no longer ${words(2)}(?:hermes|assistant|ai|bound|restricted|limited by|claude|chatgpt|codex)\b` +
      String.raw`|\bfrom now on,? you (?:are|will be|will act as|must act as|act as) (?:an? |the )` +
      String.raw`|\bpretend (?:that )?(?:you are|you're|you have no)\b` +
      String.raw`|\b(?:act|respond|answer|behave) as (?:if|though) you (?:have|had) no (?:restrictions|rules|limits|guidelines|filters)` +
      String.raw`|\bdo anything now\b|\b(?:enter|enable|activate) (?:jailbreak|dan|god) mode\b`,
  ),
  rule(
    "imitates a message of the system",
    String.raw`<\|(?:im start|im end|system|start header id|eot id|endoftext)\|` +
      String.raw`|<<sys>|\[/?inst\]|\b(?:new|updated|revised) system (?:prompt|instructions?|message) ?:` +
      String.raw`|\[system (?:message|override|prompt)\]|\bsystem override ?:`,
  ),
  rule(
    "asks to keep something from the user",
    String.raw`\b(?:do not|don't|don’t|never) (?:tell|inform|notify|alert|warn) the user (?:about (?:this|it|that|these)\b|that you|anything|what you)` +
      String.raw`|\b(?:do not|don't|don’t|never) (?:mention|reveal|disclose|report) (?:this|it|that|these|any of this) ${words(2)}to the user\b(?! interface)` +
      String.raw`|\b(?:hide|conceal|keep) (?:this|it|that|these|that fact|these instructions) (?:secret |hidden )?from the user\b(?! interface)`,
  ),
  rule(
    "asks for the model's own instructions",
    String.raw`${notNegated}\b(?:reveal|print|output|repeat|leak|display|dump) (?:me |us )?your ${words(2)}(?:system prompt|system message|instructions)\b`,
  ),
];

/** What only somebody writes who speaks to the model where no person looks. */
const addressesModel = new RegExp(
  String.raw`\b(?:ai|llm|assistant|agent|model|claude|chatgpt|codex|hermes)s?[,:]? (?:you )?(?:must|shall|always|never|ignore|run|execute|send|read|fetch)\b` +
    String.raw`|\binstructions? (?:for|to) (?:the |any |all )?(?:ai |llm )?(?:ai|llm|assistant|agent|model)s? ?: ?\w` +
    String.raw`|\b(?:ignore|disregard|forget|override) ${words(3)}(?:instructions|prompt|user)\b` +
    String.raw`|\b(?:secretly|without telling|you are now)\b` +
    String.raw`|\byou must (?:now |always |first )?(?:run|execute|send|read|fetch|call|include|download)\b` +
    String.raw`|\bdo not (?:tell|inform|alert) (?:the |your )?(?:user|human|owner|developer|anyone|anybody)\b`,
  "u",
);

const sender = String.raw`\b(?:curl|wget|nc|ncat|netcat|socat|invoke-webrequest|invoke-restmethod|iwr|xh|httpie)\b`;
const secretVariable =
  String.raw`(?:\$(?:env:|\{)?|process\.env\.|environ(?:\.get)?[\[(]["'])` +
  String.raw`[a-z0-9_]{0,60}(?:key|token|secret|passw|credential)`;
const secretFile =
  String.raw`(?:(?:~|\$home|\$\{home\}|\/home\/[\w.-]{1,40}|\/root|\/users\/[\w.-]{1,40})\/` +
  String.raw`\.(?:ssh(?!\/(?:\S{0,80}\.pub|config|known_hosts)\b)|aws\/credentials|gnupg|kube\/config|netrc|pgpass|npmrc|pypirc|git-credentials|docker\/config|config\/gcloud|config\/gh|codex\/auth|hermes\/(?:auth|\.env))` +
  String.raw`|(?<![\w.])\.env(?:\.(?:local|prod|production|dev|development|staging))?(?![\w-]|\.\w)` +
  String.raw`|\bid_(?:rsa|dsa|ecdsa|ed25519)\b(?!\.pub)|\/etc\/shadow\b|(?<![\w.])\.(?:netrc|pgpass|npmrc|pypirc|git-credentials)\b)`;
/** Where a command begins: not in the middle of an English sentence. */
const asCommand = String.raw`(?:^\s*(?:\$ |[-*] )?|[\x60|;&(]\s?|\brun )`;

const sendsVariable = new RegExp(String.raw`${sender}[^\n]{0,400}?${secretVariable}`, "u");
const sendsOutput = new RegExp(
  String.raw`\b(?:env|printenv|set|export -p)\s?\|[^\n]{0,200}${sender}` +
    String.raw`|${sender}[^\n]{0,300}(?:\$\(|\x60)\s?(?:env|printenv)\b`,
  "u",
);
const readsFile = new RegExp(
  String.raw`(?:\b(?:cat|base64|xxd)|${asCommand}(?:less|more|head|tail|strings|type|get-content))\s[^\n|;&]{0,80}?${secretFile}`,
  "u",
);
/** Takes variables over into a shell and shows them to nobody. */
const exportedFile = /\bexport \$\([^)\n]{0,200}\)/gu;
const sendsFile = new RegExp(
  String.raw`(?:${sender}|\b(?:send|upload|post|exfiltrate|leak|transmit|forward)\b)[^\n]{0,200}?${secretFile}[^\n]{0,200}?` +
    String.raw`(?:https?:|\s[\w.-]{1,80}@[\w-]{1,60}\.)` +
    String.raw`|${sender}[^\n]{0,300}(?:@|<\s?)${secretFile}`,
  "u",
);
const sendsSecrets = new RegExp(
  String.raw`\b(?:send|upload|post|exfiltrate|leak|transmit|e-?mail|forward)\b[^\n]{0,80}?` +
    String.raw`\b(?:api[ -]?keys?|credentials|secrets|passwords|access tokens?|private keys?|environment variables|conversation|chat history)\b` +
    String.raw`[^\n]{0,80}?\bto [^\n]{0,30}?(?:https?:\/\/(?!localhost|127\.|\[::1|[\w.-]{0,60}\bexample\.)|[\w.-]{1,60}@[\w-]{1,60}\.)`,
  "u",
);

/** A secret in a header that is made for it, or as a login, is how every API is called. */
const loginArgument = new RegExp(
  String.raw`(?:\s(?:-h|--header|-headers)[ =]?["']?(?:[\w-]{0,20}authorization|[\w-]{0,20}api-?key|[\w-]{0,20}token|apikey)["']?\s?[:=][^"'\n]{0,300}(?:["']\S{0,100})?` +
    String.raw`|\s(?:-u|--user|--oauth2-bearer)[ =]?["']?[^"'\s]{1,200}["']?)`,
  "gu",
);

const exfiltrationRules: readonly (readonly [what: string, isMeant: (line: string) => boolean])[] =
  [
    [
      "sends secrets of the environment to a server",
      (line) => sendsVariable.test(line.replace(loginArgument, " ")) || sendsOutput.test(line),
    ],
    [
      "reads files that hold keys or passwords",
      (line) => readsFile.test(line.replace(exportedFile, " ")),
    ],
    ["sends files that hold keys or passwords to a server", (line) => sendsFile.test(line)],
    ["asks to send secrets or the conversation to somebody", (line) => sendsSecrets.test(line)],
  ];
