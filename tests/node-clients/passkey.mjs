// An authenticator with the part of a browser that clients ask for it (Web Authentication, level 2).

import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const ORIGIN = "http://localhost:3000";

const USER_PRESENT_AND_VERIFIED = 0x05;
const ATTESTED = 0x40;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();

function clientData(type, challenge) {
  const told = {
    type,
    challenge: Buffer.from(challenge).toString("base64url"),
    origin: ORIGIN,
    crossOrigin: false,
  };
  return Buffer.from(JSON.stringify(told));
}

// A number of 32 bits, a text and some bytes in CBOR, as far as they are needed here.
const cborText = (text) => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);
const cborBytes = (bytes) => Buffer.concat([Buffer.from([0x58, bytes.length]), bytes]);

// A key of the curve P-256 in COSE: type 2, algorithm -7, curve 1, and its coordinates.
function cose({ x, y }) {
  const coordinate = (text) => cborBytes(Buffer.from(text, "base64url"));
  const head = Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]);
  return Buffer.concat([head, coordinate(x), Buffer.from([0x22]), coordinate(y)]);
}

// Holds as many keys as it is asked to make, and signs with the first that is allowed.
export class Passkey {
  #keys = [];

  create({ publicKey }) {
    const { privateKey, publicKey: made } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = {
      id: randomBytes(32),
      privateKey,
      rpId: publicKey.rp.id,
      userHandle: Buffer.from(publicKey.user.id),
      counter: 0,
    };
    this.#keys.push(key);
    const length = Buffer.from([0, key.id.length]);
    const attested = [Buffer.alloc(16), length, key.id, cose(made.export({ format: "jwk" }))];
    const data = this.#authenticatorData(key, ATTESTED, attested);
    return this.#credential(key, {
      clientDataJSON: clientData("webauthn.create", publicKey.challenge),
      attestationObject: Buffer.concat([
        Buffer.from([0xa3]),
        cborText("fmt"),
        cborText("none"),
        cborText("attStmt"),
        Buffer.from([0xa0]),
        cborText("authData"),
        cborBytes(data),
      ]),
      getTransports: () => [],
    });
  }

  get({ publicKey }) {
    const allowed = publicKey.allowCredentials ?? [];
    const isAllowed = (key) =>
      allowed.length === 0 || allowed.some(({ id }) => key.id.equals(Buffer.from(id)));
    const key = this.#keys.find((it) => it.rpId === publicKey.rpId && isAllowed(it));
    if (!key) throw new Error("no key is allowed");
    const told = clientData("webauthn.get", publicKey.challenge);
    const data = this.#authenticatorData(key, 0, []);
    return this.#credential(key, {
      clientDataJSON: told,
      authenticatorData: data,
      signature: sign("sha256", Buffer.concat([data, sha256(told)]), key.privateKey),
      userHandle: key.userHandle,
    });
  }

  #authenticatorData(key, flags, attested) {
    key.counter += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(key.counter);
    const flag = Buffer.from([USER_PRESENT_AND_VERIFIED | flags]);
    return Buffer.concat([sha256(key.rpId), flag, counter, ...attested]);
  }

  #credential(key, response) {
    return {
      id: key.id.toString("base64url"),
      rawId: key.id,
      type: "public-key",
      authenticatorAttachment: "platform",
      response,
      getClientExtensionResults: () => ({}),
    };
  }

  // Does `work` in what looks like a browser with this authenticator.
  async inBrowser(work) {
    const browser = {
      window: globalThis,
      PublicKeyCredential: class {},
      navigator: {
        credentials: {
          create: async (options) => this.create(options),
          get: async (options) => this.get(options),
        },
      },
    };
    const before = Object.keys(browser).map((name) => [
      name,
      Object.getOwnPropertyDescriptor(globalThis, name),
    ]);
    for (const [name, value] of Object.entries(browser)) {
      Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
    }
    try {
      return await work();
    } finally {
      for (const [name, descriptor] of before) {
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
        else delete globalThis[name];
      }
    }
  }

  // The same in JSON, for clients that leave the browser to the application.
  createFromJson(options) {
    const user = { ...options.user, id: Buffer.from(options.user.id, "base64url") };
    return inJson(this.create({ publicKey: { ...withBytes(options), user } }));
  }

  getFromJson(options) {
    return inJson(this.get({ publicKey: withBytes(options) }));
  }
}

function withBytes(options) {
  const decoded = (text) => Buffer.from(text, "base64url");
  const allowCredentials = options.allowCredentials?.map((it) => ({ ...it, id: decoded(it.id) }));
  return { ...options, challenge: decoded(options.challenge), allowCredentials };
}

function inJson(credential) {
  const isBytes = ([, value]) => Buffer.isBuffer(value);
  const encoded = ([name, value]) => [name, value.toString("base64url")];
  const response = Object.fromEntries(
    Object.entries(credential.response).filter(isBytes).map(encoded),
  );
  return {
    id: credential.id,
    rawId: credential.id,
    type: credential.type,
    response,
    clientExtensionResults: {},
    authenticatorAttachment: credential.authenticatorAttachment,
  };
}
