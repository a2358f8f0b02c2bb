/**
 * What lies on disk is sealed with the account's key: AES-256-GCM, a fresh random nonce for every write, bound to the
 * place it lies in, so that no row can be put in another one's place. Payload = nonce (12) ‖ ciphertext.
 */

import type { Codec } from "./store";

const NONCE = 12;
const utf8 = new TextEncoder();
const text = new TextDecoder();

export function sealedWith(key: CryptoKey, name: string): Codec {
  const bound = (iv: BufferSource, shelf: string, at: string) => ({ name: "AES-GCM", iv, additionalData: utf8.encode(`${name}/${shelf}/${at}`) });
  return {
    async seal(shelf, at, value) {
      const iv = crypto.getRandomValues(new Uint8Array(NONCE));
      const json = shelf === "bytes" ? undefined : JSON.stringify(value);
      if (shelf !== "bytes" && json === undefined) throw new TypeError(`${shelf}/${at} cannot be stored`);
      const sealed = await crypto.subtle.encrypt(bound(iv, shelf, at), key, json === undefined ? (value as ArrayBuffer) : utf8.encode(json));
      const whole = new Uint8Array(NONCE + sealed.byteLength);
      whole.set(iv);
      whole.set(new Uint8Array(sealed), NONCE);
      return whole.buffer;
    },
    async open(shelf, at, payload) {
      const whole = new Uint8Array(payload as ArrayBuffer);
      const opened = await crypto.subtle.decrypt(bound(whole.subarray(0, NONCE), shelf, at), key, whole.subarray(NONCE));
      return shelf === "bytes" ? opened : (JSON.parse(text.decode(opened)) as unknown);
    },
  };
}
