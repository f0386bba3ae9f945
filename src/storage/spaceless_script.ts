const spacelessScript =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** Whether a text has something in a script without spaces: words cannot be told apart there, so that trigrams find it. */
export function hasSpacelessScript(text: string): boolean {
  return spacelessScript.test(text);
}
