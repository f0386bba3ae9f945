/** Prints the signals that it is sent; after the second SIGINT it listens no longer. */
import { createPorts } from "../../../src/platform/ports.ts";

const { clock, signals, terminal } = createPorts();
let interrupts = 0;
const subscriptions = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((name) =>
  signals.on(name, () => {
    if (name === "SIGINT") interrupts++;
    if (interrupts === 2) for (const subscription of subscriptions) subscription[Symbol.dispose]();
    void terminal.stdout.write(`${name}\n`);
  }),
);
await terminal.stdout.write("ready\n");
await clock.sleep(60_000);
