/** Why a text should not get into a prompt. */
export interface Threat {
  /** Takes over the model, takes secrets away, or hides text from the reader. */
  readonly kind: "injection" | "exfiltration" | "invisible";
  /** In plain words and without any of the text: it may be shown to the model in place of it. */
  readonly what: string;
}
