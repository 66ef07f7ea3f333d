// What applications do with @nhost/nhost-js 4.

import { codeTo, followMailTo, messageTo } from "./outbox.mjs";
import { Passkey } from "./passkey.mjs";
import { totp } from "./totp.mjs";

const PASSWORD = "correct horse";

// The example of RFC 7636, appendix B.
const VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

function must(condition, what) {
  if (!condition) throw new Error(what);
}

async function mustFail(work, error) {
  const failed = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  must(failed?.body?.error === error, `${failed?.message} ${JSON.stringify(failed?.body)}`);
}

// The flows of one client, each by its name.
export async function currentFlows(name) {
  const { createClient } = await import(name);

  const fresh = () => {
    let kept = null;
    const storage = {
      get: () => kept,
      set: (session) => (kept = session),
      remove: () => (kept = null),
    };
    return createClient({ authUrl: process.env.AUTH_URL, storage });
  };
  const has = (method) => typeof fresh().auth[method] === "function";

  // A new user who has verified their address, and is signed in.
  const known = async (email) => {
    await fresh().auth.signUpEmailPassword({ email, password: PASSWORD });
    await followMailTo(email);
    const nhost = fresh();
    await nhost.auth.signInEmailPassword({ email, password: PASSWORD });
    must(nhost.getUserSession().user.email === email, "nobody is signed in");
    return nhost;
  };

  const flows = {
    async "ask for health, version and keys"() {
      const { auth } = fresh();
      must((await auth.healthCheckGet()).status === 200, "not healthy");
      must((await auth.healthCheckHead()).status === 200, "not healthy");
      must((await auth.getVersion()).body.version, "no version");
      must(Array.isArray((await auth.getJWKs()).body.keys), "no keys");
    },
    async "sign up, verify, refresh and sign out"() {
      const nhost = fresh();
      const options = { displayName: "अदा O’Lovelace", locale: "en", metadata: { a: 1 } };
      const email = "ada@example.com";
      const { body } = await nhost.auth.signUpEmailPassword({ email, password: PASSWORD, options });
      must(!body.session, "a session before the address is verified");
      await mustFail(nhost.auth.signInEmailPassword({ email, password: PASSWORD }), "unverified-user");
      await nhost.auth.sendVerificationEmail({ email });
      const refreshToken = (await followMailTo(email)).get("refreshToken");
      await nhost.auth.refreshToken({ refreshToken });
      must(nhost.getUserSession().user.displayName === "अदा O’Lovelace", "another name");
      const before = nhost.getUserSession().refreshToken;
      const session = await nhost.refreshSession(0);
      must(session.refreshToken !== before, "the token is not rotated");
      must((await nhost.auth.getUser()).body.email === email, "another user");
      must((await nhost.auth.verifyToken()).body === "OK", "not verified");
      await nhost.auth.signOut({ refreshToken: session.refreshToken });
      must(!nhost.getUserSession(), "still signed in");
    },
    async "have a session that runs out refreshed"() {
      const nhost = await known("bea@example.com");
      const { user, ...session } = nhost.getUserSession();
      nhost.sessionStorage.set({ ...session, user, accessToken: expired(session.accessToken) });
      must((await nhost.auth.getUser()).body.email === "bea@example.com", "another user");
      must(nhost.getUserSession().refreshToken !== session.refreshToken, "not refreshed");
    },
    async "sign out everywhere"() {
      const nhost = await known("bob@example.com");
      const other = fresh();
      await other.auth.signInEmailPassword({ email: "bob@example.com", password: PASSWORD });
      const { refreshToken } = other.getUserSession();
      await nhost.auth.signOut({ all: true });
      await mustFail(fresh().auth.refreshToken({ refreshToken }), "invalid-refresh-token");
    },
    async "sign in by link"() {
      const { auth } = fresh();
      const options = { redirectTo: "http://localhost:3000/in?a=b" };
      await auth.signInPasswordlessEmail({ email: "carol@example.com", options });
      const led = await followMailTo("carol@example.com");
      must(led.get("a") === "b", "the place to go to lost its query");
      must((await auth.refreshToken({ refreshToken: led.get("refreshToken") })).body.user, "nobody");
    },
    async "reset and change the password"() {
      await known("dan@example.com");
      const nhost = fresh();
      await nhost.auth.sendPasswordResetEmail({ email: "dan@example.com" });
      const { ticket } = messageTo("dan@example.com");
      await nhost.auth.changeUserPassword({ newPassword: "battery staple", ticket });
      await nhost.auth.signInEmailPassword({ email: "dan@example.com", password: "battery staple" });
      await nhost.auth.changeUserPassword({ newPassword: PASSWORD });
      await fresh().auth.signInEmailPassword({ email: "dan@example.com", password: PASSWORD });
    },
    async "change the address"() {
      const nhost = await known("eve@example.com");
      await nhost.auth.changeUserEmail({ newEmail: "eve@new.example" });
      const refreshToken = (await followMailTo("eve@new.example")).get("refreshToken");
      const { body } = await fresh().auth.refreshToken({ refreshToken });
      must(body.user.email === "eve@new.example", "still the former address");
    },
    async "stay anonymous, then tell an address"() {
      const nhost = fresh();
      const { body } = await nhost.auth.signInAnonymous({ displayName: "Guest" });
      must(body.session.user.isAnonymous, "not anonymous");
      const signInMethod = "email-password";
      await nhost.auth.deanonymizeUser({ signInMethod, email: "frank@example.com", password: PASSWORD });
      const refreshToken = (await followMailTo("frank@example.com")).get("refreshToken");
      const known = await fresh().auth.refreshToken({ refreshToken });
      must(known.body.user.id === body.session.user.id, "somebody else");
    },
    async "sign in by text message"() {
      const { auth } = fresh();
      const phoneNumber = "+41790000001";
      await auth.signInPasswordlessSms({ phoneNumber });
      const { body } = await auth.verifySignInPasswordlessSms({ phoneNumber, otp: codeTo(phoneNumber) });
      must(body.session.user.phoneNumber === phoneNumber, "another number");
    },
    async "sign in by a mailed code"() {
      const { auth } = fresh();
      await auth.signInOTPEmail({ email: "mia@example.com" });
      const otp = messageTo("mia@example.com").ticket;
      must((await auth.verifySignInOTPEmail({ email: "mia@example.com", otp })).body.session, "nobody");
    },
    async "sign in with a second factor, and do without again"() {
      const nhost = await known("heidi@example.com");
      const { totpSecret } = (await nhost.auth.changeUserMfa()).body;
      const code = totp(totpSecret, -1);
      await nhost.auth.verifyChangeUserMfa({ code, activeMfaType: "totp" });
      const again = fresh();
      const asked = await again.auth.signInEmailPassword({ email: "heidi@example.com", password: PASSWORD });
      must(!asked.body.session, "no second factor");
      const { ticket } = asked.body.mfa;
      await again.auth.verifySignInMfaTotp({ ticket, otp: totp(totpSecret, 0) });
      must(again.getUserSession(), "not signed in");
      await nhost.auth.verifyChangeUserMfa({ code: totp(totpSecret, 1), activeMfaType: "" });
    },
    async "sign up and in with a security key"() {
      const passkey = new Passkey();
      const { auth } = fresh();
      const email = "ivan@example.com";
      const options = (await auth.signUpWebauthn({ email })).body;
      const credential = passkey.createFromJson(options);
      const { body } = await auth.verifySignUpWebauthn({ credential, nickname: "my key" });
      must(!body.session, "a session before the address is verified");
      await followMailTo(email);
      const nhost = fresh();
      for (const whom of [{ email }, {}]) {
        const asked = (await nhost.auth.signInWebauthn(whom)).body;
        await nhost.auth.verifySignInWebauthn({ credential: passkey.getFromJson(asked) });
      }
      must(nhost.getUserSession().user.email === email, "somebody else");
      const adding = (await nhost.auth.addSecurityKey()).body;
      const added = { credential: passkey.createFromJson(adding), nickname: "another key" };
      must((await nhost.auth.verifyAddSecurityKey(added)).body.nickname === "another key", "another");
      const asked = (await nhost.auth.elevateWebauthn()).body;
      const used = { email, credential: passkey.getFromJson(asked) };
      const elevated = (await nhost.auth.verifyElevateWebauthn(used)).body.session;
      must(claims(elevated.accessToken)["x-hasura-auth-elevated"] === elevated.user.id, "not elevated");
    },
    async "sign in with a personal access token"() {
      const nhost = await known("leo@example.com");
      const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
      const made = await nhost.auth.createPAT({ expiresAt, metadata: { name: "ci" } });
      const { personalAccessToken } = made.body;
      const { body } = await fresh().auth.signInPAT({ personalAccessToken });
      must(body.session.user.email === "leo@example.com", "somebody else");
    },
    async "sign in with an ID token, and link another"() {
      const [first, second] = JSON.parse(process.env.ID_TOKENS);
      const nhost = fresh();
      await nhost.auth.signInIdToken({ provider: "google", idToken: first });
      await nhost.auth.linkIdToken({ provider: "google", idToken: second });
    },
    async "be sent to a provider"() {
      const redirectTo = "http://localhost:3000/in";
      const parameters = { redirectTo, metadata: { a: 1 }, allowedRoles: ["user", "me"] };
      const url = fresh().auth.signInProviderURL("github", parameters);
      const sent = await fetch(url, { redirect: "manual" });
      must(sent.headers.get("location")?.startsWith("https://github.com/"), `${sent.status} ${await sent.text()}`);
    },
  };
  if (has("tokenExchange")) {
    flows["prove itself after a link (PKCE)"] = async () => {
      const { auth } = fresh();
      const email = "pia@example.com";
      await auth.signUpPasswordlessEmail({ email, codeChallenge: CHALLENGE });
      const code = (await followMailTo(email)).get("code");
      const { body } = await auth.tokenExchange({ code, codeVerifier: VERIFIER });
      must(body.session.user.email === email, "somebody else");
    };
    flows["sign up by mailed code, text message and ID token"] = async () => {
      const { auth } = fresh();
      await auth.signUpOTPEmail({ email: "rob@example.com" });
      const otp = messageTo("rob@example.com").ticket;
      await auth.verifySignInOTPEmail({ email: "rob@example.com", otp });
      const phoneNumber = "+41790000002";
      await auth.signUpPasswordlessSms({ phoneNumber });
      await auth.verifySignInPasswordlessSms({ phoneNumber, otp: codeTo(phoneNumber) });
      const idToken = JSON.parse(process.env.ID_TOKENS)[2];
      must((await auth.signUpIdToken({ provider: "google", idToken })).body.session, "nobody");
      const sent = await fetch(auth.signUpProviderURL("github"), { redirect: "manual" });
      must(sent.headers.get("location")?.startsWith("https://github.com/"), `${sent.status}`);
    };
  }
  return flows;
}

function payload(token) {
  return JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
}

function claims(token) {
  return payload(token)["https://hasura.io/jwt/claims"];
}

// The same token as a client sees it that has slept for long.
function expired(token) {
  const [header, , signature] = token.split(".");
  const past = { ...payload(token), exp: Math.floor(Date.now() / 1000) - 60 };
  return [header, Buffer.from(JSON.stringify(past)).toString("base64url"), signature].join(".");
}
