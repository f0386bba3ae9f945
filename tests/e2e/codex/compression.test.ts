import { expect } from "bun:test";
import { textAnswer } from "../../fakes/server_steps.ts";
import { onEveryCodex, openLab, said } from "./sandbox.ts";

onEveryCodex("/compress has codex compact its thread, which goes on afterwards", async (codex) => {
  const steps = [
    textAnswer("Hello, Ada."),
    textAnswer("THE NOTES: a talk with Ada"),
    textAnswer("You are Ada."),
  ];
  await using lab = await openLab(codex, { steps });
  const items = await lab.chat(async (person) => {
    person.says("My name is Ada");
    await person.sees("Hello, Ada.");
    person.says("/compress");
    await person.sees("codex has compacted the conversation");
    person.says("Who am I?");
    await person.sees("You are Ada.");
  });
  expect(items).toEqual([said("Hello, Ada."), said("You are Ada.")]);
  const last = JSON.stringify(lab.server.requests.at(-1)?.body);
  expect([last.includes("THE NOTES: a talk with Ada"), last.includes("Hello, Ada.")]).toEqual([
    true,
    false,
  ]);
  expect(lab.server.requests.length).toBe(3);
});
