/** An answer of more characters says more than that something will be done. */
const maxChars = 1_200;

const promise =
  /\b(?:I['’]ll|I will|I['’]m going to|let me(?! know)|I can (?:do|help with) that)\b/i;
const action =
  /\b(?:look(?:ing)?|inspect|scan|check|analy[sz]e|review|explore|read|open|run|test|fix|debug|search|find|investigate|examine|create|write|update|change|implement|refactor|build|install|list|start|begin|work on|walk through|report back|summari[sz]e)\b/i;
const workspace =
  /\b(?:director(?:y|ies)|folders?|cwd|repo|repositor(?:y|ies)|codebase|code|project|workspace|files?|file ?system|paths?|branch|tests?|scripts?|logs?|modules?|packages?|config(?:uration)?)\b/i;
/** What somebody else has to do first. */
const condition =
  /\b(?:if|once|when|whenever|as soon as|after|should|unless|until) you\b|\bwould you\b/i;
const filler =
  /^(?:(?:just )?(?:a|one) (?:moment|second|minute)|give me|hang on|hold on|please wait|stand by|this (?:may|might|will|should) take)\b/i;
const asked = /\b(?:can|could|would|will) you\b|\bplease\b/i;

/**
 * Whether an answer promises work on the user's files in place of doing it ("I'll look into the repository"). Its last
 * sentence must be the promise: an answer that says something and ends with an offer or a question is one. An answer to a
 * plain question about nothing here is left alone, whatever it says.
 */
export function onlyPromisesWork(answer: string, request: string): boolean {
  const text = answer.trim();
  if (text === "" || text.length > maxChars || text.includes("```")) return false;
  const isAboutWorkspace = workspace.test(request) || request.includes("/");
  const isPlainQuestion = request.trim().endsWith("?") && !asked.test(request) && !isAboutWorkspace;
  if (isPlainQuestion) return false;
  const last = sentencesOf(text).findLast((sentence) => !filler.test(sentence)) ?? "";
  if (last.endsWith("?") || condition.test(last) || !promise.test(last)) return false;
  return action.test(text) && (isAboutWorkspace || workspace.test(text));
}

function sentencesOf(text: string): readonly string[] {
  return text
    .split(/(?<=[.!?…:])\s+|\n+/)
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence !== "");
}
