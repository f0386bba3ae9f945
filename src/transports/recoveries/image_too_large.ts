import type { ModelEndpoint } from "../../core/provider.ts";
import type { Recovery } from "../recover.ts";
import { type ImagePart, imagesIn, nameOf, withoutImages } from "./image_parts.ts";

/** Base64 of 5 MB, which is the least that vendors take; larger ones are at fault where no limit is stated. */
const usualLimit = 5_000_000;

/** One image is too large: it is left out, with a line of text in its place, and the rest goes on. */
export function imageTooLarge({ provider }: ModelEndpoint): Recovery {
  const dropped = new Set<string>();

  return {
    per: "turn",
    prepare(request) {
      if (!imagesIn(request).some(({ key }) => dropped.has(key))) return undefined;
      return {
        request: withoutImages(request, (key) => dropped.has(key), `too large for ${provider}`),
      };
    },
    learn(refusal, request) {
      const images = imagesIn(request);
      if (images.length === 0 || refusal.recovery !== "shrink-images") return undefined;
      const culprits = tooLarge(images, statedBytes(refusal.text));
      for (const { key } of culprits) dropped.add(key);
      const [only, ...others] = culprits;
      const what =
        only !== undefined && others.length === 0 ? nameOf(only.part) : `${culprits.length} images`;
      const are = others.length === 0 ? "is" : "are";
      return {
        notice: `${what} ${are} too large for ${provider}: going on without; attach a smaller one`,
      };
    },
  };
}

function tooLarge(images: readonly ImagePart[], limit = usualLimit): readonly ImagePart[] {
  const over = images.filter(({ part }) => part.data.length > limit);
  if (over.length > 0) return over;
  // Its width and height may be what is meant: most probably those of the one with the most bytes.
  const sorted = images.toSorted((one, other) => other.part.data.length - one.part.data.length);
  return sorted.slice(0, 1);
}

/** The bytes that an image may have, where the refusal states them. */
function statedBytes(text: string): number | undefined {
  const bytes = /> ?(\d+) bytes/.exec(text)?.[1];
  if (bytes !== undefined) return Number(bytes);
  const megabytes = /(\d+(?:\.\d+)?) ?mb/.exec(text)?.[1];
  return megabytes === undefined ? undefined : Number(megabytes) * 1_000_000;
}
