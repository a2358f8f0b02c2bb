/** A module of its own, so that only this function of the library is loaded, and only when a PIN is typed. */
export { argon2id } from "hash-wasm";
