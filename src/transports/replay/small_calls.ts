import type { AuxiliaryModel, AuxiliaryRequest } from "../../core/auxiliary.ts";
import { HermesError, throwIfAborted, toHermesError } from "../../core/errors.ts";
import { settled } from "./compare.ts";
import { maskError } from "./mask_error.ts";
import { portableFor } from "./portable.ts";
import type { RecordedCall, Recording } from "./recording.ts";

type Clean = (text: string) => string;

/** The model for small calls, with each question's answer or failure written down; none of one that was given up. */
export function recordSmallCalls(
  {
    clean,
    write,
  }: { readonly clean: Clean; readonly write: (call: RecordedCall) => Promise<void> },
  model: AuxiliaryModel,
): AuxiliaryModel {
  return {
    async ask(request, signal) {
      const call = { task: request.task, asked: await sign(request, clean) };
      let answer: string;
      try {
        answer = await model.ask(request, signal);
      } catch (thrown) {
        throwIfAborted(signal);
        await write({ ...call, failure: maskError(toHermesError(thrown), clean) });
        throw thrown;
      }
      await write({ ...call, answer: clean(answer) });
      return answer;
    },
  };
}

/**
 * Answers small calls from a recording: with what the same question got, else with the next answer to one for the same
 * task, since such questions hold dates and fences that are never the same. Throws `replay/mismatch` when there is none.
 */
export function replaySmallCalls(
  { mask }: { readonly mask: Clean },
  recording: Pick<Recording, "calls">,
  { cwd }: { readonly cwd: string },
): AuxiliaryModel {
  const portable = portableFor(cwd);
  const left = [...recording.calls];
  return {
    async ask(request, signal) {
      throwIfAborted(signal);
      const asked = await sign(request, (text) => portable.abstract(mask(text)));
      const forTask = left.filter(({ task }) => task === request.task);
      const found = forTask.find((call) => call.asked === asked) ?? forTask[0];
      if (found === undefined) throw notRecorded(request);
      left.splice(left.indexOf(found), 1);
      if ("failure" in found) throw found.failure;
      return portable.concrete(found.answer);
    },
  };
}

function notRecorded({ task }: AuxiliaryRequest): HermesError {
  return new HermesError(
    "replay/mismatch",
    `The run asks a model beside its turns for something that was not recorded: ${task}`,
    { hint: "if the new run is right, record it again: --record FILE" },
  );
}

/** Tells one question from another, and is the same for one that is asked again later. */
async function sign({ text }: AuxiliaryRequest, clean: Clean): Promise<string> {
  const bytes = new TextEncoder().encode(settled(clean(text)));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 16);
}
