/** Characters that print like a plain one, one for one so that positions stay. */
const lookalikes: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/[\u00a0\u2000-\u200a\u202f\u3000]/g, " "],
];

/** The text with plain quotes, dashes and blanks, of the same length. */
export function plainTypography(text: string): string {
  return lookalikes.reduce((plain, [fancy, meant]) => plain.replace(fancy, meant), text);
}

/**
 * A new line with the quotes and dashes that the file has where the line did not change: `found` is the line of the
 * file, `said` what the model took it for, `meant` what it is to become.
 */
export function keepTypography(found: string, said: string, meant: string): string {
  const shortest = Math.min(said.length, meant.length, found.length);
  let head = 0;
  while (head < shortest && said[head] === meant[head] && isAlike(found[head], said[head])) head++;
  let tail = 1;
  while (
    tail <= shortest - head &&
    said.at(-tail) === meant.at(-tail) &&
    isAlike(found.at(-tail), said.at(-tail))
  ) {
    tail++;
  }
  const kept = tail - 1;
  return (
    found.slice(0, head) + meant.slice(head, meant.length - kept) + found.slice(found.length - kept)
  );
}

function isAlike(a = "", b = ""): boolean {
  return a === b || plainTypography(a) === plainTypography(b);
}
