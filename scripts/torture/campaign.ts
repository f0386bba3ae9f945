/** A way to torture the program, with many random cases. */
export interface Campaign {
  readonly name: string;
  readonly defaultCount: number;
  /** With `--short`. */
  readonly shortCount: number;
  /** Runs `count` cases that follow from `seed` alone, as far as the machine's timing allows. */
  run(options: CampaignOptions): Promise<CampaignResult>;
}

export interface CampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Tells how far it is. */
  readonly log: (line: string) => void;
}

export interface CampaignResult {
  readonly cases: number;
  /** One line per failed case: which one, and what was found. */
  readonly failures: readonly string[];
}
