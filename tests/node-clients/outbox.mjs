// The messages that the server kept instead of sending them, and the links in them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.OUTBOX;
const authUrl = process.env.AUTH_URL;

// The newest message to an address or a number. The server has kept it before it answers.
export function messageTo(recipient) {
  const files = readdirSync(folder).filter((it) => it.endsWith(".json"));
  const messages = files.sort().map((it) => JSON.parse(readFileSync(join(folder, it), "utf8")));
  const found = messages.findLast((it) => it.to === recipient);
  if (!found) throw new Error(`no message to ${recipient}`);
  return found;
}

// The six digits in the newest message to a number.
export function codeTo(number) {
  return /\d{6}/.exec(messageTo(number).body)[0];
}

// Follows the link of the newest mail to an address; the parameters of the place it leads to.
export async function followMailTo(email) {
  const link = new URL(messageTo(email).link);
  // The link names the server as others reach it.
  const answer = await fetch(`${authUrl}/verify${link.search}`, { redirect: "manual" });
  if (answer.status !== 302) throw new Error(`${answer.status} ${await answer.text()}`);
  const led = new URL(answer.headers.get("location")).searchParams;
  if (led.has("error")) throw new Error(`${led.get("error")}: ${led.get("errorDescription")}`);
  return led;
}
