// Walks through every flow that a client of Hasura Auth has, and says which as they end well.
//
//     node walk.mjs CLIENT
//
// The environment names the server (AUTH_URL), the folder of its messages (OUTBOX), and ID tokens of a
// Google that it trusts (ID_TOKENS).

import { classicFlows } from "./classic.mjs";
import { currentFlows } from "./current.mjs";

const name = process.argv[2];
const flows = await (name.startsWith("nhost-js-4") ? currentFlows : classicFlows)(name);
for (const [title, walk] of Object.entries(flows)) {
  try {
    await walk();
  } catch (error) {
    console.error(`${name}: ${title}:`, error, error.body ?? "");
    process.exit(1);
  }
  console.log(title);
}
// Some clients keep timers.
process.exit(0);
