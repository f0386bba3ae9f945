import * as z from "zod";

/** What is read of codex's answers; what else they hold is passed over. */

/** To `initialize`. */
export const initializeReply = z.looseObject({
  /** `hermes/0.169.0 (Debian 12; x86_64) ...`. */
  userAgent: z.string(),
  codexHome: z.string().optional(),
});

/** To `thread/start` and `thread/resume`. */
export const threadReply = z.looseObject({
  thread: z.looseObject({ id: z.string() }),
  model: z.string().optional(),
});

/** To `turn/start`. */
export const turnReply = z.looseObject({ turn: z.looseObject({ id: z.string() }).optional() });

/** To `account/read`. */
export const accountReply = z.looseObject({
  account: z
    .looseObject({
      type: z.string().optional(),
      email: z.string().nullish(),
      planType: z.string().nullish(),
    })
    .nullish(),
  requiresOpenaiAuth: z.boolean(),
});

/** To `config/read`. */
export const configReply = z.looseObject({
  config: z.looseObject({
    model: z.string().nullish(),
    model_provider: z.string().nullish(),
    sandbox_mode: z.unknown(),
    default_permissions: z.unknown(),
    profile: z.unknown(),
  }),
});
