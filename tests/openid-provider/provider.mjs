// An OpenID provider for the end-to-end tests: panva's oidc-provider with its development pages,
// which let anybody in under any name. Whoever signs in as `ada` has the address ada@example.com;
// those whose name begins with `unchecked` have one that nobody checked.
//
// Writes what tests have to know into the file that its argument names, once it listens.

import { renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

import Provider from "oidc-provider";

const CALLBACK = "http://auth.example.com/signin/provider/c:panva/callback";

const configuration = {
  clients: [
    {
      client_id: "our-client",
      client_secret: "our-secret-of-many-characters",
      redirect_uris: [CALLBACK],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: {
    openid: ["sub"],
    email: ["email", "email_verified"],
    profile: ["name", "picture"],
  },
  cookies: { keys: ["a key of nobody but these tests"] },
  pkce: { required: () => true },
  findAccount: (_context, name) => ({
    accountId: name,
    claims: () => ({
      sub: name,
      email: `${name}@example.com`,
      email_verified: !name.startsWith("unchecked"),
      name: `${name} of the tests`,
      picture: `https://pictures.example.com/${name}`,
    }),
  }),
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  server.on("request", new Provider(issuer, configuration).callback());
  const [, , file] = process.argv;
  writeFileSync(`${file}.unfinished`, `TEST_OPENID_ISSUER=${issuer}\n`);
  renameSync(`${file}.unfinished`, file);
});
