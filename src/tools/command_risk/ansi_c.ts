const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  e: "\x1b",
  E: "\x1b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

/** Text with the escapes of `$'...'` and `printf` decoded (Bash manual, ANSI-C quoting). */
export function decodeAnsiC(text: string): string {
  return text.replace(
    /\\(?:x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|[\s\S])/g,
    decodeEscape,
  );
}

function decodeEscape(escape: string): string {
  const body = escape.slice(1);
  if (/^[0-7]/.test(body)) return character(parseInt(body, 8));
  if (/^[xuU]./.test(body)) return character(parseInt(body.slice(1), 16));
  return simpleEscapes[body] ?? body;
}

function character(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : "";
}
