import type { ReviewSubjects } from "./nudges.ts";

const ofMemory =
  "Memory: did the user say who they are, what they prefer, how they want you to work, or correct you? Did you find out " +
  "a lasting fact of this machine or its projects that took effort? Save what is new with memory, merge it with what is " +
  "there, and correct entries that turned out wrong.";

const ofSkills =
  "Skills: was there a way of working that took several attempts, a correction of the user, or steps that will come " +
  "again? Look at skills_list first: patch a skill that this belongs to or that turned out wrong, and create one only " +
  "where none fits. Write it for a class of tasks, not for this one.";

/** What a review is asked for, as the last message of the conversation. */
export function reviewInstruction({ memory, skills }: ReviewSubjects): string {
  const subjects = [...(memory ? [ofMemory] : []), ...(skills ? [ofSkills] : [])];
  return [
    "[System: This is a review beside the conversation, and the user does not see it. Look over the conversation above.",
    ...subjects,
    "Only memory, skills_list, skill_view and skill_manage run here; do not go on with any task. Save nothing of how far " +
      "a task is, nothing that failed only this once, and no secrets. If nothing is worth keeping, say so and stop: that " +
      "is the usual case.]",
  ].join("\n\n");
}
