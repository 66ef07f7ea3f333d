// What applications do with @nhost/hasura-auth-js, alone or inside @nhost/nhost-js 1 to 3.

import { createRequire } from "node:module";

import { codeTo, followMailTo, messageTo } from "./outbox.mjs";
import { Passkey } from "./passkey.mjs";
import { totp } from "./totp.mjs";

const PASSWORD = "correct horse";
const authUrl = process.env.AUTH_URL;

function must(condition, what) {
  if (!condition) throw new Error(what);
}

// What a client answered, unless it is an error.
function good(answer) {
  if (answer.error) throw new Error(JSON.stringify(answer.error));
  return answer;
}

// The flows of one client, each by its name.
export async function classicFlows(name) {
  const client = await import(name);
  const inside = createRequire(import.meta.resolve(name));
  const isWhole = "NhostClient" in client;
  const library = isWhole ? inside("@nhost/hasura-auth-js") : client;
  const { interpret } = inside("xstate");

  // A client of its own, with nothing in its storage.
  const fresh = () => {
    const kept = new Map();
    const options = {
      autoRefreshToken: false,
      autoSignIn: false,
      clientStorageType: "custom",
      clientStorage: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => kept.set(key, value),
        removeItem: (key) => kept.delete(key),
      },
    };
    if (!isWhole) return new client.HasuraAuthClient({ url: authUrl, ...options });
    const elsewhere = "http://127.0.0.1:9";
    const urls = { authUrl, graphqlUrl: elsewhere, storageUrl: elsewhere, functionsUrl: elsewhere };
    return new client.NhostClient({ ...urls, ...options }).auth;
  };
  const has = (method) => typeof library.HasuraAuthClient.prototype[method] === "function";

  // A new user who has verified their address, and is signed in.
  const known = async (email) => {
    good(await fresh().signUp({ email, password: PASSWORD }));
    const auth = fresh();
    good(await auth.refreshSession((await followMailTo(email)).get("refreshToken")));
    must(auth.isAuthenticated() && auth.getUser().email === email, "nobody is signed in");
    return auth;
  };
  const machineOf = (auth) => interpret(library.createEnableMfaMachine(auth.client)).start();
  const secondFactor = async (auth) => {
    const service = machineOf(auth);
    await library.generateQrCodePromise(service);
    return { service, secret: service.getSnapshot().context.secret };
  };

  const flows = {
    async "sign up, verify, refresh and sign out"() {
      const auth = fresh();
      const { session } = good(await auth.signUp({
        email: "ada@example.com",
        password: PASSWORD,
        options: { displayName: "अदा O’Lovelace", locale: "en", metadata: { a: 1 } },
      }));
      must(!session, "a session before the address is verified");
      const early = await auth.signIn({ email: "ada@example.com", password: PASSWORD });
      must(early.error, "signed in before the address is verified");
      good(await auth.sendVerificationEmail({ email: "ada@example.com" }));
      const led = await followMailTo("ada@example.com");
      good(await auth.refreshSession(led.get("refreshToken")));
      must(auth.getUser().displayName === "अदा O’Lovelace", "another name");
      must(auth.getHasuraClaim("user-id") === auth.getUser().id, "another claim");
      const before = auth.getSession().refreshToken;
      good(await auth.refreshSession());
      must(auth.getSession().refreshToken !== before, "the token is not rotated");
      good(await auth.signOut());
      must(!auth.isAuthenticated(), "still signed in");
    },
    async "sign in with a password"() {
      await known("bob@example.com");
      const auth = fresh();
      good(await auth.signIn({ email: "bob@example.com", password: PASSWORD }));
      must(auth.isAuthenticated(), "not signed in");
      const wrong = await fresh().signIn({ email: "bob@example.com", password: "wrong horse" });
      must(wrong.error.error === "invalid-email-password", JSON.stringify(wrong.error));
    },
    async "sign in by link"() {
      const auth = fresh();
      good(await auth.signIn({ email: "carol@example.com", options: { redirectTo: "http://localhost:3000/in?a=b" } }));
      const led = await followMailTo("carol@example.com");
      must(led.get("a") === "b", "the place to go to lost its query");
      good(await auth.refreshSession(led.get("refreshToken")));
      must(auth.isAuthenticated(), "not signed in");
    },
    async "reset and change the password"() {
      await known("dan@example.com");
      const auth = fresh();
      good(await auth.resetPassword({ email: "dan@example.com" }));
      const { ticket } = messageTo("dan@example.com");
      good(await auth.changePassword({ newPassword: "battery staple", ticket }));
      good(await auth.signIn({ email: "dan@example.com", password: "battery staple" }));
      good(await auth.changePassword({ newPassword: PASSWORD }));
      good(await fresh().signIn({ email: "dan@example.com", password: PASSWORD }));
    },
    async "change the address"() {
      const auth = await known("eve@example.com");
      good(await auth.changeEmail({ newEmail: "eve@new.example" }));
      const led = await followMailTo("eve@new.example");
      good(await auth.refreshSession(led.get("refreshToken")));
      must(auth.getUser().email === "eve@new.example", "still the former address");
    },
    async "stay anonymous, then tell an address"() {
      const auth = fresh();
      good(await auth.signIn());
      const { id, isAnonymous } = auth.getUser();
      must(isAnonymous, "not anonymous");
      good(await auth.deanonymize({
        signInMethod: "email-password",
        email: "frank@example.com",
        password: PASSWORD,
      }));
      const led = await followMailTo("frank@example.com");
      const later = fresh();
      good(await later.refreshSession(led.get("refreshToken")));
      must(later.getUser().id === id, "somebody else");
      const guest = fresh();
      good(await guest.signIn());
      const passwordless = { signInMethod: "passwordless", connection: "email" };
      good(await guest.deanonymize({ ...passwordless, email: "grace@example.com" }));
      must((await followMailTo("grace@example.com")).has("refreshToken"), "no token");
    },
    async "sign in by text message"() {
      const auth = fresh();
      good(await auth.signIn({ phoneNumber: "+41790000001" }));
      good(await auth.signIn({ phoneNumber: "+41790000001", otp: codeTo("+41790000001") }));
      must(auth.getUser().phoneNumber === "+41790000001", "another number");
    },
    async "sign in with a second factor"() {
      const auth = await known("heidi@example.com");
      const { service, secret } = await secondFactor(auth);
      const activated = await library.activateMfaPromise(service, totp(secret, -1));
      must(activated.isActivated, JSON.stringify(activated));
      const again = fresh();
      const asked = good(await again.signIn({ email: "heidi@example.com", password: PASSWORD }));
      must(asked.mfa?.ticket && !asked.session, "no second factor");
      const { ticket } = asked.mfa;
      must((await again.signIn({ otp: "000000", ticket })).error, "a wrong code");
      const repeated = good(await again.signIn({ email: "heidi@example.com", password: PASSWORD }));
      good(await again.signIn({ otp: totp(secret, 0), ticket: repeated.mfa.ticket }));
      must(again.isAuthenticated(), "not signed in");
    },
    async "sign up and in with a security key"() {
      const passkey = new Passkey();
      const auth = fresh();
      await passkey.inBrowser(async () => {
        const options = { nickname: "my key", displayName: "Ivan" };
        const pending = good(await auth.signUp({ email: "ivan@example.com", securityKey: true, options }));
        must(!pending.session, "a session before the address is verified");
        good(await auth.refreshSession((await followMailTo("ivan@example.com")).get("refreshToken")));
        must(auth.getUser().displayName === "Ivan", "another name");
        const again = fresh();
        good(await again.signIn({ email: "ivan@example.com", securityKey: true }));
        must(again.isAuthenticated(), "not signed in");
        const added = good(await again.addSecurityKey("another key"));
        must(added.key.nickname === "another key", JSON.stringify(added));
      });
    },
    async "be sent to a provider"() {
      const { providerUrl } = await fresh().signIn({
        provider: "github",
        options: { redirectTo: "http://localhost:3000/in", metadata: { a: 1 }, locale: "en" },
      });
      const sent = await fetch(providerUrl, { redirect: "manual" });
      must(sent.headers.get("location").startsWith("https://github.com/"), `${sent.status}`);
    },
  };
  // Earlier ones send no access token with it, and no server ends all sessions without one.
  if (has("elevateEmailSecurityKey")) {
    flows["sign out everywhere"] = async () => {
      const other = await known("quinn@example.com");
      const auth = fresh();
      good(await auth.signIn({ email: "quinn@example.com", password: PASSWORD }));
      good(await auth.signOut({ all: true }));
      must((await other.refreshSession()).error, "the other session goes on");
    };
    flows["elevate with a security key"] = async () => {
      const passkey = new Passkey();
      await passkey.inBrowser(async () => {
        const auth = await known("judy@example.com");
        good(await auth.addSecurityKey("my key"));
        const elevated = await auth.elevateEmailSecurityKey("judy@example.com");
        must(elevated.elevated && !elevated.error, JSON.stringify(elevated));
        must(auth.getHasuraClaim("auth-elevated") === auth.getUser().id, "not elevated");
      });
    };
  }
  if (has("signInSecurityKey")) {
    flows["sign in with a security key alone"] = async () => {
      const passkey = new Passkey();
      await passkey.inBrowser(async () => {
        const auth = await known("kim@example.com");
        good(await auth.addSecurityKey());
        const again = fresh();
        good(await again.signInSecurityKey());
        must(again.getUser().email === "kim@example.com", "somebody else");
      });
    };
  }
  if (has("createPAT")) {
    flows["sign in with a personal access token"] = async () => {
      const auth = await known("leo@example.com");
      const made = good(await auth.createPAT(new Date(Date.now() + 86_400_000), { name: "ci" }));
      const again = fresh();
      good(await again.signInPAT(made.data.personalAccessToken));
      must(again.getUser().email === "leo@example.com", "somebody else");
    };
  }
  if (has("signInEmailOTP")) {
    flows["sign in by a mailed code"] = async () => {
      const auth = fresh();
      good(await auth.signInEmailOTP("mia@example.com", { locale: "en" }));
      good(await auth.verifyEmailOTP("mia@example.com", messageTo("mia@example.com").ticket));
      must(auth.isAuthenticated(), "not signed in");
    };
  }
  if (has("signInIdToken")) {
    flows["sign in with an ID token, and link another"] = async () => {
      const [first, second] = JSON.parse(process.env.ID_TOKENS);
      const auth = fresh();
      good(await auth.signInIdToken({ provider: "google", idToken: first }));
      must(auth.isAuthenticated(), "not signed in");
      good(await auth.linkIdToken({ provider: "google", idToken: second }));
    };
  }
  if (has("connectProvider")) {
    flows["link a provider"] = async () => {
      const auth = await known("nina@example.com");
      const { providerUrl } = await auth.connectProvider({ provider: "github" });
      // The page that leads there has to say that it is the application's.
      const headers = { referer: "http://localhost:3000/settings" };
      const sent = await fetch(providerUrl, { redirect: "manual", headers });
      must(sent.headers.get("location")?.startsWith("https://github.com/"), `${sent.status}`);
    };
  }
  if (library.disableMfaPromise) {
    flows["do without a second factor again"] = async () => {
      const auth = await known("olga@example.com");
      const { service, secret } = await secondFactor(auth);
      await library.activateMfaPromise(service, totp(secret, -1));
      // The machine has come to its end with the activation.
      const disabled = await library.disableMfaPromise(machineOf(auth), totp(secret, 0));
      must(disabled.isDisabled, JSON.stringify(disabled));
    };
  }
  return flows;
}
