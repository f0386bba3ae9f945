/** One of several things a person can answer. */
export interface Option {
  /** What the asker gets. */
  readonly value: string;
  /** What the person reads. */
  readonly label: string;
  readonly description?: string | undefined;
}

/** Options as a question puts them. */
export interface ChoiceList {
  /** For the question; empty when there are too many of them to choose from with a key. */
  readonly choices: readonly string[];
  /** Lines for the text of the question. */
  readonly lines: readonly string[];
  /** The value that an answer means: a label, a value, or a number of the lines; undefined when it means none. */
  valueOf(answer: string): string | undefined;
}

/** As many as a question takes. */
const maxChoices = 4;

/**
 * Puts options as choices, or as a numbered list to answer in words when there are too many; `others` are further
 * choices, without a value.
 */
export function choiceList(options: readonly Option[], others: readonly string[] = []): ChoiceList {
  const named = withDistinctLabels(options);
  if (named.length + others.length > maxChoices) return numberedList(options);
  const isDescribed = named.some(({ description }) => description);
  return {
    choices: [...named.map(({ label }) => label), ...others],
    lines: isDescribed ? named.map(lineOf) : [],
    valueOf: (answer) => valueOf(named, answer),
  };
}

/** Puts options as a numbered list, to be answered in words. */
export function numberedList(options: readonly Option[]): ChoiceList {
  const named = withDistinctLabels(options);
  return {
    choices: [],
    lines: named.map((option, index) => `${index + 1}. ${lineOf(option)}`),
    valueOf: (answer) => valueOf(named, answer),
  };
}

function lineOf({ label, description }: Option): string {
  return description ? `${label}: ${description}` : label;
}

function valueOf(options: readonly Option[], answer: string): string | undefined {
  const wanted = answer.trim();
  const isSame = (text: string): boolean => text.toLowerCase() === wanted.toLowerCase();
  const found =
    options.find(({ label }) => label === wanted) ??
    options.find(({ value }) => value === wanted) ??
    options.find(({ label, value }) => isSame(label) || isSame(value)) ??
    (/^\d+$/.test(wanted) ? options[Number(wanted) - 1] : undefined);
  return found?.value;
}

/** Labels that two options share would make the answer a matter of luck. */
function withDistinctLabels(options: readonly Option[]): readonly Option[] {
  const areDistinct = new Set(options.map(({ label }) => label)).size === options.length;
  return areDistinct ? options : options.map((option) => ({ ...option, label: option.value }));
}
