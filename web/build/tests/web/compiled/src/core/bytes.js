// Bytes, their encodings and hashes.
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
export const utf8 = (text) => new TextEncoder().encode(text);
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** null when the bytes are not UTF-8. */
export function fromUtf8(bytes) {
    try {
        return strict.decode(bytes);
    }
    catch {
        return null;
    }
}
export function hex(bytes) {
    let out = '';
    for (const byte of bytes)
        out += byte.toString(16).padStart(2, '0');
    return out;
}
/** null unless whole bytes of hex digits. */
export function fromHex(text) {
    if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text))
        return null;
    const out = new Uint8Array(text.length / 2);
    for (let i = 0; i < out.length; ++i)
        out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
    return out;
}
export function base64(bytes) {
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) {
        text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    }
    return btoa(text);
}
/** Standard alphabet with padding and nothing else; null otherwise. */
export function fromBase64(text) {
    if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
        return null;
    const raw = atob(text);
    const out = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; ++i)
        out[i] = raw.charCodeAt(i);
    // Unused bits must be zero, so that each value has one spelling.
    return base64(out) === text ? out : null;
}
export function concat(...parts) {
    const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) {
        out.set(part, at);
        at += part.length;
    }
    return out;
}
/** A copy with a buffer of its own. */
export const copyOf = (bytes) => new Uint8Array(bytes);
/** In time that does not tell where they differ. */
export function same(a, b) {
    if (a.length !== b.length)
        return false;
    let difference = 0;
    for (let i = 0; i < a.length; ++i)
        difference |= a[i] ^ b[i];
    return difference === 0;
}
export const wipe = (bytes) => void bytes.fill(0);
export const sha256 = (...parts) => copyOf(nobleSha256(parts.length === 1 ? parts[0] : concat(...parts)));
export const hmacSha256 = (key, message) => copyOf(hmac(nobleSha256, key, message));
export const randomBytes = (size) => crypto.getRandomValues(new Uint8Array(size));
export const zeroDigest = '00'.repeat(32);
