"use strict";

const headlines = {
  verifyEmail: "The e-mail address is verified",
  emailConfirmChange: "The e-mail address is changed",
  passwordlessEmail: "Signed in by a link",
  passwordReset: "Choose a new password",
};

const element = (id) => document.getElementById(id);

function say(headline, detail = "") {
  element("headline").textContent = headline;
  element("detail").textContent = detail;
}

async function ask(path, body, accessToken) {
  const headers = { "Content-Type": "application/json" };
  if (accessToken) headers.Authorization = `Bearer ${accessToken}`;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.message ?? `The server answered ${answer.status}.`);
  return content;
}

/** What a JSON Web Token says, without looking at its signature. */
function claims(token) {
  const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  const bytes = Uint8Array.from(atob(part), (it) => it.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function show(session) {
  element("user").textContent = JSON.stringify(session.user, null, 2);
  element("claims").textContent = JSON.stringify(claims(session.accessToken), null, 2);
  element("token").textContent = session.accessToken;
  element("session").hidden = false;
}

function letChoosePassword(session) {
  const form = element("password");
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const newPassword = element("new-password").value;
    try {
      await ask("user/password", { newPassword }, session.accessToken);
      form.hidden = true;
      say("The password is set", "Sign in with it from now on.");
    } catch (error) {
      element("detail").textContent = error.message;
    }
  });
}

async function open(parameters) {
  const refreshToken = parameters.get("refreshToken");
  const type = parameters.get("type");
  if (parameters.has("error")) {
    say("That did not work", `${parameters.get("errorDescription") ?? ""} (${parameters.get("error")})`);
  } else if (refreshToken) {
    const session = await ask("token", { refreshToken });
    say(headlines[type] ?? "Signed in");
    show(session);
    if (type === "passwordReset") letChoosePassword(session);
  } else if (type) {
    say(headlines[type] ?? type);
  } else {
    say("Hasura Auth", "The server is running. Links in its mails lead here.");
  }
}

// The address holds a refresh token, and would stay in the history of the browser.
const parameters = new URLSearchParams(location.search);
new URLSearchParams(location.hash.slice(1)).forEach((value, name) => parameters.append(name, value));
history.replaceState(null, "", location.pathname);
open(parameters).catch((error) => say("That did not work", error.message));
