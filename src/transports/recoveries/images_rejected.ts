import type { ModelEndpoint } from "../../core/provider.ts";
import type { Phrase } from "../failure_phrases.ts";
import { overflowPhrases, ratePhrases } from "../failure_phrases.ts";
import { saysAny } from "../failure_rules.ts";
import type { Recovery } from "../recover.ts";
import type { Refusal } from "../refusal.ts";
import { imagesIn, withoutImages } from "./image_parts.ts";

/** A model that sees nothing, in lower case. */
const blindPhrases: readonly Phrase[] = [
  "does not support image",
  "do not support image",
  "doesn't support image",
  "not support image input",
  "does not support vision",
  "doesn't support vision",
  "does not support multimodal",
  "multimodal is not supported",
  "is not a multimodal model",
  "image input is not supported",
  "image inputs are not supported",
  "images are not supported",
  "image_url is not supported",
  "image_url is only supported",
  "only 'text' content type",
  'only "text" content type',
  // OpenRouter, when no host of the model takes them.
  "support image input",
  // DeepSeek: a type of part that its parser does not know.
  ["unknown variant", "image_url", "expected `text`"],
  // vLLM.
  "at most 0 image",
  // The backend of ChatGPT, for images within the request.
  ["image_url'", "expected a valid url"],
  ["image_url'", "expected a base64"],
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
 * this one gets a line of text in their place.
 */
export function imagesRejected({ provider }: ModelEndpoint): Recovery {
  /** Models that refused them. */
  const blind = new Set<string>();
  /** Messages whose images the user knows to be left out. */
  const told = new Set<string>();

  return {
    per: "turn",
    prepare(request) {
      if (!blind.has(request.model)) return undefined;
      const images = imagesIn(request);
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
      blind.add(request.model);
      for (const { message } of images) told.add(message.id);
      return {
        notice: `${request.model} at ${provider} takes no images: going on without them, in this session from now on`,
      };
    },
  };
}

/** Whether a refusal says that the model takes no images at all: neither their size nor anything else is meant. */
export function isImageRejection({ status, text }: Refusal): boolean {
  // llama.cpp says it with 500.
  const fits = status === undefined || status === 500 || (status >= 400 && status < 500);
  if (!fits || status === 413 || status === 429 || status === 401) return false;
  return (
    saysAny(text, blindPhrases) &&
    !saysAny(text, sizePhrases) &&
    !saysAny(text, overflowPhrases) &&
    !saysAny(text, ratePhrases)
  );
}
