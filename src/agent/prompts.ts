/** What the loop itself says to the model. Texts are stable: they are part of cached prompt prefixes. */

export const continueAfterCut =
  "[System: Your last answer was cut off by the output limit. Continue exactly where it stopped; do not repeat " +
  "anything and do not start over.]";

export const continueAfterCutCall =
  "[System: Your last tool call was cut off by the output limit and was not executed. Send it again in smaller " +
  "pieces, for example by writing a large file in several parts.]";

export const continueUnfinished =
  "[System: Your last answer was not final. Continue with the task, and end with your final answer.]";

export const answerAfterTools =
  "[System: Your last answer was empty. Use the tool results above and give your final answer now.]";

export const summarizeAtLimit =
  "[System: The limit of steps for this turn is reached, and no tool can be used any more. Say in plain words what " +
  "was done, what was found, and what remains to be done.]";
