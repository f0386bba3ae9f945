/** A piece of an XML text: a tag, or text between tags. Namespaces stay in the names. */
export type XmlToken =
  | { readonly kind: "open"; readonly name: string; readonly attributes: string }
  | { readonly kind: "close"; readonly name: string }
  | { readonly kind: "text"; readonly text: string };

/**
 * The tags and texts of an XML document in their order; an empty element opens and closes. Enough for the parts of
 * office documents, which have neither CDATA nor a bare `>` in attributes.
 */
export function* xmlTokens(xml: string): Generator<XmlToken, void> {
  for (const [, slash, name, attributes = "", isEmpty, text] of xml.matchAll(
    /<(\/?)([\w:.-]+)([^<>]*?)(\/?)>|([^<]+)/g,
  )) {
    if (text !== undefined) yield { kind: "text", text: unescapeXml(text) };
    if (name === undefined) continue;
    if (slash !== "/") yield { kind: "open", name, attributes };
    if (slash === "/" || isEmpty === "/") yield { kind: "close", name };
  }
}

/** The value of an attribute in the text of a tag. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const [, double, single] =
    new RegExp(`(?:^|\\s)${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(attributes) ?? [];
  const value = double ?? single;
  return value === undefined ? undefined : unescapeXml(value);
}

const entities: ReadonlyMap<string, string> = new Map([
  ["lt", "<"],
  ["gt", ">"],
  ["amp", "&"],
  ["quot", '"'],
  ["apos", "'"],
]);

function unescapeXml(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, (all, decimal, hex, name) => {
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    if (code <= 0x10ffff) return String.fromCodePoint(code);
    return entities.get(String(name)) ?? all;
  });
}
