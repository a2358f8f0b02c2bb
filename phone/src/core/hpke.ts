/**
 * Sealing to the server's public key: HPKE base mode (RFC 9180) in the one suite of the wire, DHKEM(P-256, HKDF-SHA256),
 * HKDF-SHA256, AES-256-GCM, by WebCrypto. A phone only ever seals; `tests/vectors/sealed.json` holds both sides to it.
 */

const utf8 = new TextEncoder();
const bytes = (...parts: (Uint8Array | ArrayBuffer | string | number[])[]): Uint8Array<ArrayBuffer> => {
  const flat = parts.map((p) => (typeof p === "string" ? utf8.encode(p) : new Uint8Array(p)));
  const whole = new Uint8Array(flat.reduce((n, p) => n + p.length, 0));
  flat.reduce((at, p) => (whole.set(p, at), at + p.length), 0);
  return whole;
};
const NONE = new Uint8Array();
const KEM = bytes("KEM", [0, 0x10]);
const HPKE = bytes("HPKE", [0, 0x10, 0, 1, 0, 2]);
const P256 = { name: "ECDH", namedCurve: "P-256" };

async function mac(key: Uint8Array<ArrayBuffer>, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  // WebCrypto takes no empty key; HMAC pads with zeros anyway
  const imported = await crypto.subtle.importKey("raw", key.length ? key : new Uint8Array(32), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, data));
}
const extract = (suite: Uint8Array, salt: Uint8Array<ArrayBuffer>, label: string, ikm: Uint8Array | ArrayBuffer) => mac(salt, bytes("HPKE-v1", suite, label, ikm));
/** At most 32 bytes: one block of HKDF-Expand. */
const expand = async (suite: Uint8Array, prk: Uint8Array<ArrayBuffer>, label: string, info: Uint8Array, length: number) =>
  (await mac(prk, bytes([0, length], "HPKE-v1", suite, label, info, [1]))).slice(0, length);

export interface Sealed { enc: Uint8Array<ArrayBuffer>; ct: Uint8Array<ArrayBuffer> }

/** `to`: the public key, an uncompressed point. `ephemeral` is given by tests only. */
export async function seal(to: Uint8Array<ArrayBuffer>, info: Uint8Array, plain: Uint8Array<ArrayBuffer>, ephemeral?: CryptoKeyPair): Promise<Sealed> {
  const pair = ephemeral ?? ((await crypto.subtle.generateKey(P256, false, ["deriveBits"])) as CryptoKeyPair);
  const [enc, recipient] = await Promise.all([crypto.subtle.exportKey("raw", pair.publicKey), crypto.subtle.importKey("raw", to, P256, false, [])]);
  const dh = await crypto.subtle.deriveBits({ name: "ECDH", public: recipient }, pair.privateKey, 256);
  const shared = await expand(KEM, await extract(KEM, NONE, "eae_prk", dh), "shared_secret", bytes(enc, to), 32);
  const [psk, about, secret] = await Promise.all([extract(HPKE, NONE, "psk_id_hash", NONE), extract(HPKE, NONE, "info_hash", info), extract(HPKE, shared, "secret", NONE)]);
  const context = bytes([0], psk, about);
  const [key, iv] = await Promise.all([expand(HPKE, secret, "key", context, 32), expand(HPKE, secret, "base_nonce", context, 12)]);
  const aes = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return { enc: new Uint8Array(enc), ct: new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, aes, plain)) };
}
