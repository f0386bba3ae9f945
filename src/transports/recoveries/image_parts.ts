import type { ContentPart, ModelItem, UserMessage } from "../../core/item.ts";
import type { ModelRequest } from "../../core/model.ts";

/** An image of a request; the same one has the same key in every request. */
export interface ImagePart {
  readonly key: string;
  readonly part: Extract<ContentPart, { type: "image" }>;
  readonly message: UserMessage;
}

/** The images of a request, in order. */
export function imagesIn({ items }: ModelRequest): readonly ImagePart[] {
  return items.flatMap((item) =>
    item.type === "user-message"
      ? item.parts.flatMap((part, index) =>
          part.type === "image" ? [{ key: keyOf(item, index), part, message: item }] : [],
        )
      : [],
  );
}

/** The request with some of its images replaced by a line of text, so that the model knows that something was there. */
export function withoutImages(
  request: ModelRequest,
  isDropped: (key: string) => boolean,
  why: string,
): ModelRequest {
  const items = request.items.map((item): ModelItem => {
    if (item.type !== "user-message") return item;
    if (!item.parts.some((part, at) => part.type === "image" && isDropped(keyOf(item, at)))) {
      return item;
    }
    const parts = item.parts.map((part, at): ContentPart => {
      if (part.type !== "image" || !isDropped(keyOf(item, at))) return part;
      return { type: "text", text: `[${nameOf(part)} was left out: ${why}]` };
    });
    return { ...item, parts };
  });
  return { ...request, items };
}

/** What an image is called. */
export function nameOf({ name }: ImagePart["part"]): string {
  return name === undefined ? "An image" : `The image ${name}`;
}

function keyOf({ id }: UserMessage, index: number): string {
  return `${id}/${index}`;
}
