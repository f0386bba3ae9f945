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

export const answerAfterThinking =
  "[System: You have thought about it, but said nothing yet. Give your answer, or call a tool, now.]";

export const closeScratchpad =
  "[System: Your last answer ended inside of your scratchpad. Close it, and give your answer after it.]";

export const doWhatWasPromised =
  "[System: Continue now. Execute the required tool calls and only send your final answer after completing the task.]";

export const summarizeAfterLoop =
  "[System: The same tool failed again and again, so no tool can be used any more in this turn. Say in plain words what " +
  "was done, what kept failing and why, and what could be tried next.]";

export const summarizeAtLimit =
  "[System: The limit of steps for this turn is reached, and no tool can be used any more. Say in plain words what " +
  "was done, what was found, and what remains to be done.]";
