import { type Field, fieldsIn, flagsIn, isForm } from "./redact_field.ts";
import { HIDDEN, isMasked, maskSecret } from "./redact_mask.ts";
import {
  isCookieHeader,
  isQuantity,
  isSecretField,
  isSecretParameter,
  isSecretVariable,
} from "./redact_names.ts";
import {
  bareSpan,
  isExpression,
  isOpaque,
  isPlaceholder,
  quotedSpan,
  type Span,
} from "./redact_values.ts";

/** The secret part of a value and what replaces it. */
interface Finding extends Span {
  readonly mask: string;
}

/**
 * Masks the values whose name tells that they are secret: variables of the environment, fields of JSON and other
 * dumps, headers, command-line flags, forms that are the whole text; with `inUrls` also parameters of URLs.
 */
export function maskFields(text: string, options: { readonly inUrls: boolean }): string {
  const hasParameters = options.inUrls || isForm(text);
  const masked = replaceFindings(text, fieldsIn(text), (field) => {
    if (field.kind !== "parameter") return findValue(text, field);
    return hasParameters ? findParameter(text, field) : undefined;
  });
  return replaceFindings(masked, flagsIn(masked), (field) => findValue(masked, field));
}

function replaceFindings(
  text: string,
  fields: Iterable<Field>,
  find: (field: Field) => Finding | undefined,
): string {
  let masked = "";
  let done = 0;
  for (const field of fields) {
    // What looks like a field inside a masked value is gone.
    if (field.foundAt < done) continue;
    const finding = find(field);
    if (finding === undefined) continue;
    masked += text.slice(done, finding.start) + finding.mask;
    done = finding.end;
  }
  return done === 0 ? text : masked + text.slice(done);
}

function findParameter(text: string, field: Field): Finding | undefined {
  if (!isSecretParameter(field.name)) return undefined;
  const span = bareSpan(text, field.valueAt, {
    characters: field.separator === "=" ? IN_QUERY : IN_ENCODED_QUERY,
    isSecret: (value) => !isPlaceholder(value),
  });
  return span && { ...span, mask: hidden(text, span) };
}

const IN_QUERY = /^[^\s"'`<>&#|\\{})\]]*/;
const IN_ENCODED_QUERY = /^(?:[^\s"'`<>&#|\\{})\]%]|%(?!2[36]))*/;

function findValue(text: string, field: Field): Finding | undefined {
  if (isCookieHeader(field.name)) return findCookies(text, field);
  if (!isSecretVariable(field.name) && !isSecretHeader(field.name)) return undefined;
  const quoted = quotedSpan(text, field.valueAt);
  const opening = quoted?.start ?? field.valueAt;
  const scheme = SCHEME.exec(text.slice(opening, opening + 16))?.[0] ?? "";
  const isSecret = (value: string): boolean =>
    holdsSecret({ field, value, isQuoted: quoted !== undefined, hasScheme: scheme !== "" });
  const start = opening + scheme.length;
  if (quoted !== undefined && !isSecret(text.slice(start, quoted.end))) return undefined;
  const characters = isSecretVariable(field.name) ? WORD_OF_SHELL : WORD_OF_LIST;
  const span = quoted
    ? { start, end: quoted.end }
    : bareSpan(text, start, { characters, isSecret });
  return span && { ...span, mask: maskSecret(text.slice(span.start, span.end)) };
}

const SCHEME = /^(?:bearer|basic|token|bot|key|api-?key|oauth|negotiate|ntlm)[ \t]+/i;
const WORD_OF_SHELL = /^[^\s"'`]*/;
const WORD_OF_LIST = /^[^\s"'`;,&]*/;

function findCookies(text: string, field: Field): Finding | undefined {
  const isSecret = (value: string): boolean => /^[\w.-]+=\S/.test(value);
  const quoted = quotedSpan(text, field.valueAt);
  if (quoted !== undefined && !isSecret(text.slice(quoted.start, quoted.end))) return undefined;
  const span = quoted ?? bareSpan(text, field.valueAt, { characters: LINE, isSecret });
  return span && { ...span, mask: hidden(text, span) };
}

const LINE = /^[^\r\n"'`]*/;

function hidden(text: string, span: Span): string {
  const value = text.slice(span.start, span.end);
  return isMasked(value) ? value : HIDDEN;
}

/** `x-vault-token` and the like; in programs such names are written without `-`. */
function isSecretHeader(name: string): boolean {
  return isSecretField(name) || /-token$/i.test(name);
}

interface Candidate {
  readonly field: Field;
  readonly value: string;
  /** Whether the value stands in quotes. */
  readonly isQuoted: boolean;
  /** Whether `Bearer` or another scheme stands before the value. */
  readonly hasScheme: boolean;
}

function holdsSecret(candidate: Candidate): boolean {
  const { field, value, isQuoted, hasScheme } = candidate;
  // A mask is read as one value, or its visible ends might look like another field.
  if (isMasked(value)) return true;
  if (isPlaceholder(value) || /^\d{1,3}$/.test(value)) return false;
  if (isQuantity(field.name) && /^\d[\d._]*[kKmM]?$/.test(value)) return false;
  if (!isQuoted && isExpression(value)) return false;
  if (hasScheme && field.kind === "plain") return CREDENTIALS.test(value) && !A_WORD.test(value);
  switch (field.kind) {
    case "parameter":
      return true;
    case "quoted":
      return isQuoted;
    case "flag":
      return field.separator === "="
        ? !/^[A-Z_-]+$/.test(value)
        : !value.startsWith("-") && isOpaque(value, 6);
    case "plain":
      return isCertain(candidate) || isOpaque(value, leastLength(candidate));
    default:
      return field.kind satisfies never;
  }
}

const CREDENTIALS = /^[\w.~+/:-]{4,}=*$/;
const A_WORD = /^[A-Za-z]?[a-z]{1,14}$/;

/** An assignment of the environment; with spaces around the `=` it may also be one of a program. */
function isCertain({ field, value, isQuoted }: Candidate): boolean {
  if (field.separator !== "=" || !isSecretVariable(field.name)) return false;
  return !field.isSpaced || (isQuoted && isSecretField(field.name) && !/\s/.test(value));
}

/** The more a field looks like a sentence or a program, the longer a value must be to be taken for a secret. */
function leastLength({ field, isQuoted }: Candidate): number {
  const isHeader = /-|^authorization$/i.test(field.name);
  if (isQuoted || !field.isSpaced || isHeader) return 6;
  return isSecretVariable(field.name) ? 8 : 20;
}
