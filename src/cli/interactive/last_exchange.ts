import type { App } from "../../app.ts";
import { wholeItems } from "../../core/whole_items.ts";
import type { Mask } from "../render/error.ts";
import { openMarkdown } from "./answer_writer.ts";
import { lastExchange } from "./header.ts";
import type { Talk } from "./talk.ts";

export interface LastExchangeDeps {
  readonly app: App;
  readonly talk: Talk;
  readonly mask: Mask;
}

/** What was said last in a stored session, as it is shown when that is gone on with; undefined when nothing was. */
export async function shownExchange(
  { app, talk, mask }: LastExchangeDeps,
  sessionId: string,
): Promise<string | undefined> {
  const sessions = await app.sessions();
  const whole = await sessions.whole(sessionId);
  return lastExchange(await wholeItems(sessions, whole), {
    style: talk.style,
    mask,
    render: (markdown) => {
      const stream = openMarkdown(talk);
      return stream.push(markdown) + stream.end();
    },
  });
}
