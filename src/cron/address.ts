/** Where an IP address leads: to this machine, into a network that the internet does not see, or out into it. */
export type AddressKind = "loopback" | "private" | "public";

/** What an IP address is, however it is written; `private` for what is none. */
export function kindOfAddress(address: string): AddressKind {
  const four = parseFour(address);
  if (four) return kindOfFour(four);
  const groups = parseSix(address.replace(/^\[|\]$/g, "").replace(/%.*$/, ""));
  return groups ? kindOfSix(groups) : "private";
}

/** Blocks of the IANA special-purpose registry (RFC 6890) that are not on the internet, with multicast and reserved ones. */
const privateFour: readonly (readonly [number, number, number])[] = [
  [0, 0, 8],
  [10, 0, 8],
  [100, 64, 10],
  [169, 254, 16],
  [172, 16, 12],
  [192, 168, 16],
  [198, 18, 15],
  [224, 0, 3],
];

function kindOfFour([a, b, c, d]: Four): AddressKind {
  if (a === 127) return "loopback";
  // "This host" reaches this machine on Linux.
  if (a === 0 && b === 0 && c === 0 && d === 0) return "loopback";
  if (a === 192 && b === 0 && c === 0) return "private";
  const value = a * 256 + b;
  const isPrivate = privateFour.some(([first, second, bits]) => {
    const shift = 16 - bits;
    return value >> shift === (first * 256 + second) >> shift;
  });
  return isPrivate ? "private" : "public";
}

function kindOfSix(groups: readonly number[]): AddressKind {
  const [a = 0, b = 0] = groups;
  const isZero = (from: number, to: number): boolean =>
    groups.slice(from, to).every((group) => group === 0);
  if (isZero(0, 7) && (groups[7] === 1 || groups[7] === 0)) return "loopback";
  // IPv4 in IPv6: mapped (RFC 4291), translated (RFC 6052), and 6to4 (RFC 3056).
  if (isZero(0, 5) && (groups[5] === 0xffff || groups[5] === 0))
    return kindOfFour(fourAt(groups, 6));
  if (a === 0x64 && b === 0xff9b) return isZero(2, 6) ? kindOfFour(fourAt(groups, 6)) : "private";
  if (a === 0x2002) return kindOfFour(fourAt(groups, 1));
  // Only 2000::/3 is given out (RFC 4291, IANA); Teredo (RFC 4380) and documentation are not reached.
  const isGivenOut = a >> 13 === 1 && !(a === 0x2001 && (b === 0 || b === 0xdb8));
  return isGivenOut ? "public" : "private";
}

type Four = readonly [number, number, number, number];

function fourAt(groups: readonly number[], at: number): Four {
  const [high = 0, low = 0] = groups.slice(at, at + 2);
  return [high >> 8, high & 255, low >> 8, low & 255];
}

function parseFour(text: string): Four | undefined {
  const [, ...parts] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text) ?? [];
  const [a, b, c, d] = parts.map(Number);
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  return Math.max(a, b, c, d) > 255 ? undefined : [a, b, c, d];
}

/** The eight groups of an IPv6 address. */
function parseSix(text: string): readonly number[] | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (dotted) {
    const four = parseFour(dotted[2] ?? "");
    if (!four) return undefined;
    const [a, b, c, d] = four;
    const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
    return parseSix(`${dotted[1]}${hex}`);
  }
  const [left = "", right, ...more] = text.split("::");
  if (more.length > 0) return undefined;
  const head = groupsOf(left);
  const tail = right === undefined ? [] : groupsOf(right);
  const missing = 8 - head.length - tail.length;
  const isWhole = right === undefined ? missing === 0 : missing > 0;
  const groups = [...head, ...Array<number>(Math.max(0, missing)).fill(0), ...tail];
  return isWhole && groups.every((group) => group >= 0) ? groups : undefined;
}

/** -1 for what is no group. */
function groupsOf(text: string): readonly number[] {
  if (text === "") return [];
  return text
    .split(":")
    .map((part) => (/^[\da-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : -1));
}
