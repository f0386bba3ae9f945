import type { ModelEndpoint } from "../../core/provider.ts";
import type { Phrase } from "../failure_phrases.ts";
import { overflowPhrases, ratePhrases } from "../failure_phrases.ts";
import { saysAny } from "../failure_rules.ts";
import type { Recovery } from "../recover.ts";
import type { Refusal } from "../refusal.ts";
import { imagesIn, withoutImages } from "./image_parts.ts";

/** About these very images: another one may do. */
const particularPhrases: readonly Phrase[] = [
  "could not process image",
  "does not represent a valid image",
  "image per prompt",
  "images per prompt",
];

/** The same words stand in refusals of one image that is too large: the next one may do. */
const sizePhrases: readonly Phrase[] = [
  "too large",
  "too big",
  "exceeds",
  "exceed the",
  "larger than",
  "maximum size",
  "dimension",
];

/**
 * Models that take no images: the session is text-only from then on. Images stay in the history, for a model that sees;
 * this one gets a line of text in their place. Where only these images are refused, only they go.
 */
export function imagesRejected({ provider }: ModelEndpoint): Recovery {
  /** Models that refused all. */
  const blind = new Set<string>();
  /** Keys of images that were refused for what they are. */
  const refused = new Set<string>();
  /** Messages whose images the user knows to be left out. */
  const told = new Set<string>();

  return {
    per: "turn",
    prepare(request) {
      const images = imagesIn(request);
      if (!blind.has(request.model)) {
        if (!images.some(({ key }) => refused.has(key))) return undefined;
        const isRefused = (key: string): boolean => refused.has(key);
        return { request: withoutImages(request, isRefused, `not taken by ${provider}`) };
      }
      if (images.length === 0) return undefined;
      const isNews = images.some(({ message }) => !told.has(message.id));
      for (const { message } of images) told.add(message.id);
      return {
        request: withoutImages(request, () => true, "this model takes no images"),
        ...(isNews && { notice: `${request.model} takes no images: going on without them` }),
      };
    },
    learn(refusal, request) {
      const images = imagesIn(request);
      if (images.length === 0 || !isImageRejection(refusal)) return undefined;
      const where = `${request.model} at ${provider}`;
      if (isParticular(refusal)) {
        for (const { key } of images) refused.add(key);
        return { notice: `${where} does not take these images: going on without them` };
      }
      blind.add(request.model);
      for (const { message } of images) told.add(message.id);
      return {
        notice: `${where} takes no images: going on without them, in this session from now on`,
      };
    },
  };
}

/** Whether a refusal is of images as such: neither their size nor the prompt's nor a rate is meant. */
export function isImageRejection({ recovery, text }: Refusal): boolean {
  return (
    recovery === "strip-images" &&
    !saysAny(text, sizePhrases) &&
    !saysAny(text, overflowPhrases) &&
    !saysAny(text, ratePhrases)
  );
}

function isParticular({ text }: Refusal): boolean {
  return saysAny(text, particularPhrases) && !text.includes("at most 0 image");
}
