/** Ids and keys made on this phone. All ids are UUID v4: v7 would hold the millisecond an opinion was written. */

const hex = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export function uuid(): string {
  return crypto.randomUUID();
}

/** 128 random bits in base64url without padding: proves later that a note is ours once its author is forgotten. */
export function newClaim(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)));
}

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function base64url(bytes: Uint8Array): string {
  return base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export async function sha256(bytes: ArrayBuffer): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

export async function sha256hex(bytes: ArrayBuffer): Promise<string> {
  return hex(await sha256(bytes));
}
